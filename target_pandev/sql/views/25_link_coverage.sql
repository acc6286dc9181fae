-- How many commits name a task, and how many others the history links with one, by repository and week.
-- Commits that do not count in reports, which are merges and those of bots by default, are left out, as
-- are deleted ones.
-- Cost: all commits with their references and links; for one repository its own.

CREATE OR REPLACE VIEW link_coverage AS
SELECT c.repository_id, c.week,
    pg_catalog.sum(c.commits)::bigint AS commits,
    coalesce(pg_catalog.sum(c.commits) FILTER (WHERE c.names_known), 0)::bigint AS linked,
    coalesce(pg_catalog.sum(c.commits) FILTER (WHERE c.names_unknown AND NOT c.names_known), 0)::bigint
        AS unknown_only,
    coalesce(pg_catalog.sum(c.commits) FILTER (WHERE NOT c.names_unknown AND NOT c.names_known), 0)::bigint
        AS without_reference,
    coalesce(pg_catalog.sum(c.commits) FILTER (WHERE c.is_inherited AND NOT c.names_known), 0)::bigint
        AS linked_by_history
FROM (
    SELECT c.repository_id, work_week(c.committed_at) AS week, pg_catalog.count(*) AS commits,
        EXISTS (
            SELECT
            FROM task_links AS l
            WHERE l.source = 'commit' AND l.repository_id = c.repository_id AND l.object_key = c.sha
                AND l.via = 'commit'
        ) AS names_known,
        EXISTS (
            SELECT
            FROM task_references AS r
            WHERE r.source = 'commit' AND r.repository_id = c.repository_id AND r.object_key = c.sha
                AND r.kind = 'task_id'
        ) AS names_unknown,
        EXISTS (
            SELECT
            FROM task_links AS l
            WHERE l.source = 'commit' AND l.repository_id = c.repository_id AND l.object_key = c.sha
                AND l.via <> 'commit'
        ) AS is_inherited
    FROM commits AS c
    WHERE c._sdc_deleted_at IS NULL AND is_counted_commit(c.parents, c.author_name, c.author_email)
    GROUP BY c.repository_id, week, names_known, names_unknown, is_inherited
) AS c
GROUP BY c.repository_id, c.week;
COMMENT ON VIEW link_coverage IS
    'Per repository and week how many commits name a task or are linked with one; without those that do not count in reports: merges and those of bots by default, see is_counted_commit(). commits = linked + unknown_only + without_reference';
COMMENT ON COLUMN link_coverage.week IS
    'First day of the week in which they were committed, by work_week(); null if that is not known';
COMMENT ON COLUMN link_coverage.linked IS 'Commits whose message names a task that exists';
COMMENT ON COLUMN link_coverage.unknown_only IS
    'Commits whose message names ids of tasks, but none that exists: deleted, not loaded, or mistyped. resolved_task_references has them, with task_id null';
COMMENT ON COLUMN link_coverage.without_reference IS 'Commits whose message names no task';
COMMENT ON COLUMN link_coverage.commits IS 'All commits that count in reports';
COMMENT ON COLUMN link_coverage.linked_by_history IS
    'How many of unknown_only and without_reference are linked with a task by a merge, a pull request or their branch: linked + linked_by_history have a task, and unlinked_commits lists the others';
COMMENT ON COLUMN link_coverage.repository_id IS 'Host, group and name, as in repositories.id';
