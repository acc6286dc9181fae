-- Merges, branches and pull requests that await a commit which is stored now, and merges of which
-- nothing is stored.
SELECT i.repository_id, i.carrier_source, i.carrier_key
FROM awaited_commits AS i
INNER JOIN commits AS c
    ON c.repository_id = i.repository_id AND c.sha = i.sha AND c._sdc_deleted_at IS NULL
WHERE {in_scope}
UNION
SELECT i.repository_id, i.source, i.object_key
FROM task_references AS i
INNER JOIN commits AS c
    ON c.repository_id = i.repository_id AND c.sha = i.object_key AND c._sdc_deleted_at IS NULL
WHERE {in_scope} AND i.source = 'commit' AND c.parents -> 1 IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM inherited_references AS l
        WHERE l.repository_id = i.repository_id AND l.carrier_source = 'commit' AND l.carrier_key = c.sha
    )
    AND NOT EXISTS (
        SELECT FROM awaited_commits AS a
        WHERE a.repository_id = i.repository_id AND a.carrier_source = 'commit' AND a.carrier_key = c.sha
    )
