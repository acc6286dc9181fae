-- Sprints: the running ones, then those that ended last, then the planned ones.
WITH newest AS (
    SELECT p.workspace_id, p.sprint_id, row_number() OVER (
        ORDER BY array_position(ARRAY['running', 'ended', 'planned'], p.phase) NULLS LAST,
            p.starts_at DESC NULLS LAST, p.sprint_id
    ) AS place
    FROM sprint_periods AS p
    WHERE (%(workspaces)s::text[] IS NULL OR p.workspace_id = ANY (%(workspaces)s::text[]))
        AND (%(spaces)s::text[] IS NULL OR p.space_id = ANY (%(spaces)s::text[]))
        AND (%(lists)s::text[] IS NULL OR p.sprint_id = ANY (%(lists)s::text[]))
        AND (
            %(since_at)s::timestamptz IS NULL OR p.phase <> 'ended'
            OR p.ends_at >= %(since_at)s::timestamptz
        )
        AND (%(until_at)s::timestamptz IS NULL OR p.starts_at < %(until_at)s::timestamptz)
    ORDER BY place
    LIMIT %(limit)s
)
SELECT r.*
FROM newest AS n
CROSS JOIN LATERAL (
    SELECT r.*
    FROM sprint_report AS r
    WHERE r.workspace_id = n.workspace_id AND r.sprint_id = n.sprint_id
    OFFSET 0
) AS r
ORDER BY n.place
