-- The tasks that were closed last in the period, with median and P85 of all that were closed in it; those of a
-- kind, if one is chosen.
WITH closed AS MATERIALIZED (
    SELECT c.*
    FROM unnest(
        %(closed_workspace_ids)s::text[], %(closed_task_ids)s::text[],
        %(closed_started_at)s::timestamptz[], %(closed_at)s::timestamptz[],
        %(closed_elapsed_ms)s::bigint[], %(closed_active_ms)s::bigint[],
        %(closed_working_ms)s::bigint[], %(closed_reopened_counts)s::bigint[],
        %(closed_are_inferred)s::boolean[]
    ) AS c (
        workspace_id, task_id, started_at, closed_at, elapsed_ms, active_ms, working_ms, reopened_count,
        is_inferred
    )
    WHERE c.closed_at >= %(since_at)s::timestamptz
        AND (
            %(kind)s::text IS NULL
            OR %(kind)s::text = 'reopened' AND c.reopened_count > 0
            OR %(kind)s::text = 'inferred' AND c.is_inferred
        )
)
SELECT c.workspace_id, c.task_id, t.name, work_date(c.closed_at) AS closed_on, c.started_at, c.closed_at,
    c.elapsed_ms, c.active_ms, c.working_ms, c.reopened_count, c.is_inferred, t.url, p.median_ms, p.p85_ms
FROM (
    SELECT c.*
    FROM closed AS c
    ORDER BY c.closed_at DESC, c.task_id
    LIMIT %(limit)s
) AS c
LEFT JOIN tasks AS t ON t.workspace_id = c.workspace_id AND t.id = c.task_id
CROSS JOIN (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY c.elapsed_ms)::bigint AS median_ms,
        percentile_cont(0.85) WITHIN GROUP (ORDER BY c.elapsed_ms)::bigint AS p85_ms
    FROM closed AS c
) AS p
ORDER BY c.closed_at DESC, c.task_id
