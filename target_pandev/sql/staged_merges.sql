-- Staged merge commits that name a task, and whose commits were not derived yet. Each is looked up by
-- LIMIT 1: a join could read the stage for each reference.
WITH merges AS MATERIALIZED (
    SELECT DISTINCT s.repository_id, s.sha
    FROM pg_temp.stage AS s
    WHERE s.parents -> 1 IS NOT NULL
)
SELECT m.repository_id, m.sha
FROM merges AS m
CROSS JOIN LATERAL (
    SELECT
    FROM task_references AS r
    WHERE r.repository_id = m.repository_id AND r.source = 'commit' AND r.object_key = m.sha
    LIMIT 1
) AS r
LEFT JOIN LATERAL (
    SELECT true AS is_derived
    FROM inherited_references AS i
    WHERE i.repository_id = m.repository_id AND i.carrier_source = 'commit' AND i.carrier_key = m.sha
    LIMIT 1
) AS i ON true
LEFT JOIN LATERAL (
    SELECT true AS is_derived
    FROM awaited_commits AS a
    WHERE a.repository_id = m.repository_id AND a.carrier_source = 'commit' AND a.carrier_key = m.sha
    LIMIT 1
) AS a ON true
WHERE i.is_derived IS NULL AND a.is_derived IS NULL
