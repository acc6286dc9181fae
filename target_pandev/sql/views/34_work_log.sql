-- Who did what on which day: commits, status changes, closings and tracked time, of tasks or of none.
-- Each event counts on the day of its own time, in the row of its person, task and kind:
--
-- * commit: when it was written, by its author after .mailmap. It is in the row of each task that it
--   names or that the history links it with, as task_links says; an id of several tasks names none of
--   them. Commits that do not count in reports are not work, as merges and those of bots by default. A
--   commit that is in several repositories counts once.
-- * status_change, done: a change to another status, and one that closes the task. An inferred one has
--   no person, and its time is the latest possible one. The first known status of a task is not a
--   change, unless the task is closed in it.
-- * worklog: a finished time entry, when it began. A running timer does not count, nor does an entry
--   that pandev worklogs wrote: no person has tracked it.
--
-- Work without a task is in rows without one, so that nothing is hidden for lack of a reference. As in
-- worklogs, work remains that of a person when its task or the person's account is deleted.
-- Cost: for one task its links with their commits, its transitions and its time entries by key, and
-- all users and employees. In full that of status_transitions, all commits with task_links, and all time
-- entries. Each kind is grouped on its own, by a hash table: all rows together would be sorted first,
-- which takes longer than all the rest.

CREATE OR REPLACE VIEW work_log AS
WITH accounts AS MATERIALIZED (
    SELECT u.workspace_id, u.id, coalesce(a.employee_email, mail_address(u.email), u.id) AS person,
        coalesce(p.name, u.username) AS person_name, u.is_service_user
    FROM users AS u
    LEFT JOIN employee_addresses AS a ON a.address = mail_address(u.email)
    LEFT JOIN employees AS p ON p.email = a.employee_email
)
SELECT g.workspace_id, g.person, g.person_name, g.is_service_user, g.work_date, g.task_id,
    t.name AS task_name, t.parent_id, t.list_id, t.space_id, g.kind, g.events, g.inferred_events,
    g.first_at, g.last_at, g.duration_ms
FROM (
    SELECT c.workspace_id, c.person, pg_catalog.min(coalesce(p.name, c.name)) AS person_name,
        FALSE AS is_service_user, work_date(c.authored_at) AS work_date, c.task_id, 'commit'::text AS kind,
        pg_catalog.count(*) AS events, 0::bigint AS inferred_events,
        pg_catalog.min(c.authored_at) AS first_at, pg_catalog.max(c.authored_at) AS last_at,
        NULL::bigint AS duration_ms
    FROM (
        SELECT l.workspace_id, l.task_id, g.person, g.employee_email, c.sha,
            coalesce(c.authored_at, c.committed_at) AS authored_at,
            pg_catalog.min(coalesce(g.new_name, c.author_name)) AS name
        FROM commits AS c
        LEFT JOIN task_links AS l
            ON l.source = 'commit' AND l.repository_id = c.repository_id AND l.object_key = c.sha
            AND NOT l.is_ambiguous
        LEFT JOIN git_people AS g ON g.identity = c.author_identity
        WHERE c._sdc_deleted_at IS NULL
            AND is_counted_commit(c.parents, c.author_name, c.author_email)
            AND coalesce(c.authored_at, c.committed_at) IS NOT NULL
        GROUP BY c.sha, l.task_id, l.workspace_id, g.person, g.employee_email,
            coalesce(c.authored_at, c.committed_at)
    ) AS c
    LEFT JOIN employees AS p ON p.email = c.employee_email
    GROUP BY c.task_id, c.person, work_date(c.authored_at), c.workspace_id
    UNION ALL
    SELECT s.workspace_id, coalesce(u.person, s.user_id), pg_catalog.min(u.person_name),
        coalesce(pg_catalog.bool_or(u.is_service_user), FALSE), work_date(s.changed_at), s.task_id, s.kind,
        pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE s.is_inferred),
        pg_catalog.min(s.changed_at), pg_catalog.max(s.changed_at), NULL::bigint
    FROM (
        SELECT s.workspace_id, s.task_id, s.user_id, s.changed_at, s.is_inferred,
            CASE
                WHEN s.to_status_group = 'CLOSED' AND s.from_status_group IS DISTINCT FROM 'CLOSED'
                    THEN 'done'
                WHEN s.from_status IS NOT NULL THEN 'status_change'
            END AS kind
        FROM status_transitions AS s
    ) AS s
    LEFT JOIN accounts AS u ON u.workspace_id = s.workspace_id AND u.id = s.user_id
    WHERE s.kind IS NOT NULL
    GROUP BY s.task_id, coalesce(u.person, s.user_id), work_date(s.changed_at), s.kind, s.workspace_id
    UNION ALL
    SELECT w.workspace_id, coalesce(u.person, w.author_id), pg_catalog.min(u.person_name),
        coalesce(pg_catalog.bool_or(u.is_service_user), FALSE), work_date(w.started_at), w.task_id,
        'worklog'::text, pg_catalog.count(*), 0::bigint,
        pg_catalog.min(w.started_at), pg_catalog.max(coalesce(w.ended_at, w.started_at)),
        pg_catalog.sum(w.duration_ms)::bigint
    FROM worklogs AS w
    LEFT JOIN accounts AS u ON u.workspace_id = w.workspace_id AND u.id = w.author_id
    WHERE w.duration_ms IS NOT NULL AND w.started_at IS NOT NULL AND NOT w.is_written_back
    GROUP BY w.task_id, coalesce(u.person, w.author_id), work_date(w.started_at), w.workspace_id
) AS g
LEFT JOIN tasks AS t ON t.workspace_id = g.workspace_id AND t.id = g.task_id;
COMMENT ON VIEW work_log IS
    'What each person did on each day: one row per person, day, task and kind of event, with the number of events. Work without a task is in rows of its own';
COMMENT ON COLUMN work_log.task_name IS 'Present title of the task';
COMMENT ON COLUMN work_log.parent_id IS 'Parent task; null for a task that is not a subtask';
COMMENT ON COLUMN work_log.list_id IS 'Home list of the task now';
COMMENT ON COLUMN work_log.space_id IS 'Space of that list';
COMMENT ON COLUMN work_log.workspace_id IS 'Null for commits without a task';
COMMENT ON COLUMN work_log.person IS
    'Key of the employee; without one the e-mail address, or else the id of the user in ClickUp. Null for an inferred status change, and for a commit without an address';
COMMENT ON COLUMN work_log.person_name IS 'Name of the employee, or else as in ClickUp or git';
COMMENT ON COLUMN work_log.is_service_user IS
    'Whether the person is the user of tap-clickup''s token, which is not a person';
COMMENT ON COLUMN work_log.work_date IS
    'Date in the time zone of reports; tracked time counts for the day on which it began';
COMMENT ON COLUMN work_log.task_id IS
    'Null for tracked time without a task, and for commits that neither name a task that exists nor are linked with one by their history';
COMMENT ON COLUMN work_log.kind IS 'commit, status_change, done or worklog';
COMMENT ON COLUMN work_log.events IS
    'A commit of several tasks is an event of each of them, so sums over tasks may count it again';
COMMENT ON COLUMN work_log.inferred_events IS
    'Events that are inferred, so that their time is only the latest possible one';
COMMENT ON COLUMN work_log.first_at IS 'Time of the first event';
COMMENT ON COLUMN work_log.last_at IS 'Time of the last event; for tracked time the end';
COMMENT ON COLUMN work_log.duration_ms IS 'Tracked time; null for other kinds';
