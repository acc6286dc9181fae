DELETE FROM merged_commits AS w
USING ROWS FROM (
    pg_catalog.unnest(%(repository_ids)s::text[]), pg_catalog.unnest(%(numbers)s::bigint[])
) AS k (repository_id, number)
WHERE w.repository_id = k.repository_id AND w.number = k.number
