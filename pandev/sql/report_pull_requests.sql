-- The pull requests that were merged or opened last, and how long they took.
WITH newest AS (
    SELECT p.repository_id, p.number, coalesce(p.merged_at, p.created_at) AS at
    FROM pull_requests AS p
    WHERE p._sdc_deleted_at IS NULL
        AND (
            %(since_at)s::timestamptz IS NULL
            OR coalesce(p.merged_at, p.created_at) >= %(since_at)s::timestamptz
        )
        AND (
            %(until_at)s::timestamptz IS NULL
            OR coalesce(p.merged_at, p.created_at) < %(until_at)s::timestamptz
        )
    ORDER BY at DESC NULLS LAST, p.repository_id, p.number
    LIMIT %(limit)s
)
SELECT r.name AS repository, l.*
FROM newest AS n
LEFT JOIN repositories AS r ON r.id = n.repository_id
CROSS JOIN LATERAL (
    SELECT l.*
    FROM pull_request_lead_times AS l
    WHERE l.repository_id = n.repository_id AND l.number = n.number
    OFFSET 0
) AS l
ORDER BY n.at DESC NULLS LAST, n.repository_id, n.number
