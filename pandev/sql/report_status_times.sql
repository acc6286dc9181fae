-- How long the tasks that were closed in the period had been in each status, all visits together.
SELECT d.status, d.status_group, count(*) AS tasks,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY d.duration_ms)::bigint AS median_ms,
    percentile_cont(0.85) WITHIN GROUP (ORDER BY d.duration_ms)::bigint AS p85_ms,
    sum(d.duration_ms)::bigint AS total_ms
FROM cycle_times AS c
INNER JOIN (
    SELECT s.workspace_id, s.task_id, lower(s.status) AS status, s.status_group,
        sum(s.duration_ms) AS duration_ms
    FROM status_durations AS s
    WHERE s.ended_at IS NOT NULL
    GROUP BY s.workspace_id, s.task_id, lower(s.status), s.status_group
) AS d ON d.workspace_id = c.workspace_id AND d.task_id = c.task_id
WHERE c.closed_at >= %(since_at)s::timestamptz
    AND (%(workspaces)s::text[] IS NULL OR c.workspace_id = ANY (%(workspaces)s::text[]))
    AND (%(spaces)s::text[] IS NULL OR c.space_id = ANY (%(spaces)s::text[]))
    AND (%(lists)s::text[] IS NULL OR c.list_id = ANY (%(lists)s::text[]))
GROUP BY d.status, d.status_group
ORDER BY array_position(ARRAY['OPEN', 'IN_PROGRESS', 'CLOSED'], d.status_group) NULLS LAST,
    total_ms DESC, d.status
LIMIT %(limit)s
