-- Staged merge commits that name a task, and whose commits were not derived yet.
SELECT DISTINCT s.repository_id, s.sha
FROM pg_temp.stage AS s
WHERE s.parents -> 1 IS NOT NULL
    AND EXISTS (
        SELECT FROM task_references AS r
        WHERE r.repository_id = s.repository_id AND r.source = 'commit' AND r.object_key = s.sha
    )
    AND NOT EXISTS (
        SELECT FROM inherited_references AS i
        WHERE i.repository_id = s.repository_id AND i.carrier_source = 'commit' AND i.carrier_key = s.sha
    )
    AND NOT EXISTS (
        SELECT FROM awaited_commits AS a
        WHERE a.repository_id = s.repository_id AND a.carrier_source = 'commit' AND a.carrier_key = s.sha
    )
