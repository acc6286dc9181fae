-- Keys of the pull requests that one of the staged commits may complete or change.
SELECT w.repository_id, w.number
FROM pg_temp.stage AS s
INNER JOIN merged_commits AS w
    ON w.repository_id = s.repository_id AND w.sha = s.sha AND NOT w.is_loaded
UNION
SELECT w.repository_id, w.carrier_key::bigint
FROM pg_temp.stage AS s
CROSS JOIN LATERAL (
    SELECT w.repository_id, w.carrier_key
    FROM awaited_commits AS w
    WHERE w.repository_id = s.repository_id AND w.sha = s.sha AND w.carrier_source = 'pull_request'
    OFFSET 0
) AS w
UNION
SELECT p.repository_id, p.number
FROM pg_temp.stage AS s
INNER JOIN pull_requests AS p
    ON p.repository_id = s.repository_id AND p.head_sha = s.parents ->> 1
WHERE p.merge_commit_sha IS NULL AND p.merged_at IS NOT NULL
