-- How long the tasks that were closed in the period had been in each status, all visits together: the
-- times of weekly_status_times, for a period instead of a week.
WITH closed_tasks AS MATERIALIZED (
    SELECT c.workspace_id, c.task_id
    FROM cycle_times AS c
    WHERE c.closed_at >= %(since_at)s::timestamptz
        AND (%(until_at)s::timestamptz IS NULL OR c.closed_at < %(until_at)s::timestamptz)
        AND (%(workspaces)s::text[] IS NULL OR c.workspace_id = ANY (%(workspaces)s::text[]))
        AND (%(spaces)s::text[] IS NULL OR c.space_id = ANY (%(spaces)s::text[]))
        AND (%(lists)s::text[] IS NULL OR c.list_id = ANY (%(lists)s::text[]))
)
SELECT d.status, d.status_group, count(*) AS tasks,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY d.duration_ms)::bigint AS median_ms,
    percentile_cont(0.85) WITHIN GROUP (ORDER BY d.duration_ms)::bigint AS p85_ms,
    sum(d.duration_ms)::bigint AS total_ms
FROM closed_tasks AS c
CROSS JOIN LATERAL (
    SELECT lower(s.to_status) AS status, s.to_status_group AS status_group,
        sum((extract(EPOCH FROM s.next_changed_at - s.changed_at) * 1000)::bigint) AS duration_ms
    FROM status_transitions AS s
    WHERE s.workspace_id = c.workspace_id AND s.task_id = c.task_id AND s.next_changed_at IS NOT NULL
    GROUP BY lower(s.to_status), s.to_status_group
    OFFSET 0
) AS d
GROUP BY d.status, d.status_group
ORDER BY array_position(ARRAY['OPEN', 'IN_PROGRESS', 'CLOSED'], d.status_group) NULLS LAST,
    total_ms DESC, d.status
LIMIT %(limit)s
