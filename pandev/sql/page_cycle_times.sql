-- The tasks that were closed last in the period, with median and P85 of all that were closed in it. Those two
-- read one column of the view, as the others cost as much again.
WITH usual AS MATERIALIZED (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY c.elapsed_ms)::bigint AS median_ms,
        percentile_cont(0.85) WITHIN GROUP (ORDER BY c.elapsed_ms)::bigint AS p85_ms
    FROM cycle_times AS c
    WHERE c.closed_at >= %(since_at)s::timestamptz
        AND (%(until_at)s::timestamptz IS NULL OR c.closed_at < %(until_at)s::timestamptz)
        AND (%(workspaces)s::text[] IS NULL OR c.workspace_id = ANY (%(workspaces)s::text[]))
        AND (%(spaces)s::text[] IS NULL OR c.space_id = ANY (%(spaces)s::text[]))
        AND (%(lists)s::text[] IS NULL OR c.list_id = ANY (%(lists)s::text[]))
        AND (
            %(team_users)s::text[] IS NULL
            OR EXISTS (
                SELECT
                FROM tasks AS t
                WHERE t.workspace_id = c.workspace_id AND t.id = c.task_id
                    AND t.assignee_ids ?| %(team_users)s::text[]
            )
        )
        AND (
            %(kind)s::text IS NULL
            OR %(kind)s::text = 'reopened' AND c.reopened_count > 0
            OR %(kind)s::text = 'inferred' AND c.is_inferred
        )
)
SELECT c.workspace_id, c.task_id, c.name, work_date(c.closed_at) AS closed_on, c.started_at, c.closed_at,
    c.elapsed_ms, c.active_ms, c.working_ms, c.reopened_count, c.is_inferred, t.url, p.median_ms, p.p85_ms
FROM cycle_times AS c
LEFT JOIN tasks AS t ON t.workspace_id = c.workspace_id AND t.id = c.task_id
CROSS JOIN usual AS p
WHERE c.closed_at >= %(since_at)s::timestamptz
    AND (%(until_at)s::timestamptz IS NULL OR c.closed_at < %(until_at)s::timestamptz)
    AND (%(workspaces)s::text[] IS NULL OR c.workspace_id = ANY (%(workspaces)s::text[]))
    AND (%(spaces)s::text[] IS NULL OR c.space_id = ANY (%(spaces)s::text[]))
    AND (%(lists)s::text[] IS NULL OR c.list_id = ANY (%(lists)s::text[]))
    AND (%(team_users)s::text[] IS NULL OR t.assignee_ids ?| %(team_users)s::text[])
    AND (
        %(kind)s::text IS NULL
        OR %(kind)s::text = 'reopened' AND c.reopened_count > 0
        OR %(kind)s::text = 'inferred' AND c.is_inferred
    )
ORDER BY c.closed_at DESC, c.task_id
LIMIT %(limit)s
