-- How many commits name a task, and how many others the history links with one, by repository and week.
-- Merge commits, which have more than one parent, and those of bots, whose name or address contains [bot] as
-- on GitHub, are left out, as are deleted ones.
-- Cost: all commits with their references and links; for one repository its own.

CREATE OR REPLACE VIEW link_coverage AS
SELECT c.repository_id, c.week,
    pg_catalog.count(*) AS commits,
    pg_catalog.count(*) FILTER (WHERE c.names_known) AS linked,
    pg_catalog.count(*) FILTER (WHERE NOT c.names_known) AS unknown_only,
    pg_catalog.count(*) FILTER (WHERE c.names_known IS NULL) AS without_reference,
    pg_catalog.count(*) FILTER (WHERE c.is_inherited AND c.names_known IS NOT TRUE) AS linked_by_history
FROM (
    SELECT c.repository_id, work_week(c.committed_at) AS week, r.names_known,
        i.is_inherited
    FROM commits AS c
    LEFT JOIN (
        SELECT r.repository_id, r.object_key, pg_catalog.bool_or(r.task_id IS NOT NULL) AS names_known
        FROM resolved_task_references AS r
        WHERE r.source = 'commit'
        GROUP BY r.repository_id, r.object_key
    ) AS r ON r.repository_id = c.repository_id AND r.object_key = c.sha
    LEFT JOIN LATERAL (
        -- LIMIT 1: one lookup for each commit, where a join could read all links for each
        SELECT true AS is_inherited
        FROM inherited_references AS i
        WHERE i.repository_id = c.repository_id AND i.sha = c.sha AND i.is_nearest
            AND (
                EXISTS (
                    SELECT FROM tasks AS t
                    WHERE i.kind <> 'custom_id' AND t.id = i.reference AND t._sdc_deleted_at IS NULL
                        AND (i.workspace_id IS NULL OR t.workspace_id = i.workspace_id)
                )
                OR EXISTS (
                    SELECT FROM tasks AS t
                    WHERE i.kind = 'custom_id' AND pg_catalog.upper(t.custom_id) = i.reference
                        AND t.custom_id IS NOT NULL AND t._sdc_deleted_at IS NULL
                        AND (i.workspace_id IS NULL OR t.workspace_id = i.workspace_id)
                )
            )
        LIMIT 1
    ) AS i ON true
    WHERE c._sdc_deleted_at IS NULL
        AND coalesce(
            CASE pg_catalog.jsonb_typeof(c.parents) WHEN 'array' THEN pg_catalog.jsonb_array_length(c.parents) END,
            0
        ) <= 1
        AND coalesce(c.author_name NOT LIKE '%[bot]%', TRUE)
        AND coalesce(c.author_email NOT LIKE '%[bot]%', TRUE)
) AS c
GROUP BY c.repository_id, c.week;
COMMENT ON VIEW link_coverage IS
    'Per repository and week how many commits name a task or are linked with one; without merge commits, and without those whose author''s name or address contains [bot]. commits = linked + unknown_only + without_reference';
COMMENT ON COLUMN link_coverage.repository_id IS 'Host, group and name, as in repositories.id';
COMMENT ON COLUMN link_coverage.week IS
    'First day of the week in which they were committed, by work_week(); null if that is not known';
COMMENT ON COLUMN link_coverage.linked IS 'Commits whose message names a task that exists';
COMMENT ON COLUMN link_coverage.unknown_only IS
    'Commits whose message names ids of tasks, but none that exists: deleted, not loaded, or a slip of the pen. resolved_task_references has them, with task_id null';
COMMENT ON COLUMN link_coverage.without_reference IS 'Commits whose message names no task';
COMMENT ON COLUMN link_coverage.commits IS 'All commits, except merges and those of bots';
COMMENT ON COLUMN link_coverage.linked_by_history IS
    'How many of unknown_only and without_reference are linked with a task by a merge, a pull request or their branch: linked + linked_by_history have a task';
