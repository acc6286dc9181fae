-- Active time in editors by task, person and day. Each interval counts exactly once, so that the sum of
-- all rows is the sum of ide_intervals:
--
-- * branch: to the task that the branch names. Of several ids the first that names a loaded task counts;
--   an id of several tasks names none of them, nor do HEAD and the default branch.
-- * commit: on any other branch, time before the person's next commit in the repository goes to the task
--   that this names. Merges are not work and do not count.
-- * none: everything else, without a task.
--
-- Which person, repository and next commit an interval has is derived by the load (ide_intervals).
-- Cost: for one task its links, and the intervals of its branches and commits by index. In full one pass
-- over intervals and links for each method.

CREATE OR REPLACE VIEW task_time AS
WITH branches AS NOT MATERIALIZED (
    SELECT l.repository_id AS repository_path, l.object_key AS branch, l.workspace_id, l.task_id
    FROM resolved_links AS l
    WHERE l.source = 'ide_branch' AND l.is_first AND l.object_key <> 'HEAD'
        AND NOT EXISTS (
            SELECT
            FROM repositories AS p
            WHERE pg_catalog.lower(p.path) = pg_catalog.lower(l.repository_id)
                AND p.default_branch = l.object_key
        )
)
SELECT a.person AS email, a.work_date, a.workspace_id, a.task_id, a.repository_path, a.project, a.branch,
    a.method, pg_catalog.sum(a.active_ms)::bigint AS active_ms, a.employee_email, a.commit_date
FROM (
    SELECT i.person, i.employee_email, i.work_date, i.repository_path, i.project, i.branch, i.active_ms,
        b.workspace_id, b.task_id, 'branch'::text AS method, NULL::date AS commit_date
    FROM branches AS b
    INNER JOIN ide_intervals AS i
        ON i.branch = b.branch AND coalesce(i.repository_path, '') = b.repository_path
    UNION ALL
    SELECT i.person, i.employee_email, i.work_date, i.repository_path, i.project, i.branch, i.active_ms,
        l.workspace_id, l.task_id, 'commit'::text, work_date(i.commit_at)
    FROM resolved_links AS l
    INNER JOIN ide_intervals AS i ON i.commit_sha = l.object_key AND i.repository_id = l.repository_id
    WHERE l.source = 'commit' AND l.is_first
        AND NOT EXISTS (
            SELECT
            FROM branches AS b
            WHERE b.branch = i.branch AND b.repository_path = coalesce(i.repository_path, '')
        )
    UNION ALL
    SELECT i.person, i.employee_email, i.work_date, i.repository_path, i.project, i.branch, i.active_ms,
        NULL::text, NULL::text, 'none'::text, NULL::date
    FROM ide_intervals AS i
    WHERE NOT EXISTS (
            SELECT
            FROM branches AS b
            WHERE b.branch = i.branch AND b.repository_path = coalesce(i.repository_path, '')
        )
        AND NOT EXISTS (
            SELECT
            FROM resolved_links AS l
            WHERE l.object_key = i.commit_sha AND l.repository_id = i.repository_id
                AND l.source = 'commit' AND l.is_first
        )
) AS a
GROUP BY a.person, a.employee_email, a.work_date, a.workspace_id, a.task_id, a.repository_path, a.project,
    a.branch, a.method, a.commit_date;
COMMENT ON VIEW task_time IS
    'Active time in editors by person, day, task, branch and date of the commit that it was attributed by. Time that belongs to no task is a row of its own, so that the sum over all rows is the total active time';
COMMENT ON COLUMN task_time.workspace_id IS 'Null for time without a task';
COMMENT ON COLUMN task_time.project IS
    'Name of the project in the editor; null if it is not known';
COMMENT ON COLUMN task_time.branch IS 'The branch that was checked out; null if it is not known';
COMMENT ON COLUMN task_time.work_date IS 'Date in the time zone of reports';
COMMENT ON COLUMN task_time.task_id IS 'Null for time without a task';
COMMENT ON COLUMN task_time.repository_path IS 'Null for heartbeats, which only name a project';
COMMENT ON COLUMN task_time.method IS
    'branch: the name of the branch has the task''s id; commit: the person''s next commit in the repository names the task; none: neither';
COMMENT ON COLUMN task_time.active_ms IS 'Active time in milliseconds';
COMMENT ON COLUMN task_time.email IS
    'The person: key of the employee, or without one the address in the form of mail_address()';
COMMENT ON COLUMN task_time.employee_email IS
    'Key of the employee; null if no employee has the address, or several';
COMMENT ON COLUMN task_time.commit_date IS
    'Date of the commit that names the task, never before work_date; null for other methods';
