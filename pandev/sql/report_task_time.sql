-- Estimate, tracked time and time in editors of the tasks with the most time in the period. All their
-- time counts, also that before the period, so that it can be compared with the estimate.
WITH busiest AS (
    SELECT c.workspace_id, c.task_id,
        sum(coalesce(c.worklog_ms, 0) + coalesce(c.ide_ms, 0)) AS spent_ms
    FROM task_time_comparison AS c
    WHERE c.task_id IS NOT NULL AND c.work_date >= %(since)s::date
        AND (%(until)s::date IS NULL OR c.work_date <= %(until)s::date)
        AND (%(workspaces)s::text[] IS NULL OR c.workspace_id = ANY (%(workspaces)s::text[]))
        AND (
            %(spaces)s::text[] IS NULL AND %(lists)s::text[] IS NULL
            OR EXISTS (
                SELECT
                FROM tasks AS t
                WHERE t.workspace_id = c.workspace_id AND t.id = c.task_id
                    AND (%(spaces)s::text[] IS NULL OR t.space_id = ANY (%(spaces)s::text[]))
                    AND (%(lists)s::text[] IS NULL OR t.list_id = ANY (%(lists)s::text[]))
            )
        )
    GROUP BY c.workspace_id, c.task_id
    ORDER BY spent_ms DESC, c.task_id
    LIMIT %(limit)s
)
SELECT b.workspace_id, b.task_id, t.name, t.status, s.estimate_ms, s.worklog_ms, s.ide_ms
FROM busiest AS b
LEFT JOIN tasks AS t ON t.workspace_id = b.workspace_id AND t.id = b.task_id
CROSS JOIN LATERAL (
    SELECT sum(c.estimate_ms)::bigint AS estimate_ms, sum(c.worklog_ms)::bigint AS worklog_ms,
        sum(c.ide_ms)::bigint AS ide_ms
    FROM task_time_comparison AS c
    WHERE c.workspace_id = b.workspace_id AND c.task_id = b.task_id
    OFFSET 0
) AS s
ORDER BY b.spent_ms DESC, b.task_id
