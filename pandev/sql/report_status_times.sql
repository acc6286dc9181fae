-- How long the tasks that were closed in the period had been in each status, all visits together: the
-- times of weekly_status_times, for a period instead of a week. And how many tasks are in it now.
WITH closed_tasks AS (
    SELECT c.workspace_id, c.task_id
    FROM unnest(
        %(closed_workspace_ids)s::text[], %(closed_task_ids)s::text[], %(closed_at)s::timestamptz[]
    ) AS c (workspace_id, task_id, closed_at)
    WHERE c.closed_at >= %(since_at)s::timestamptz
), times AS (
    SELECT d.status, d.status_group, count(*) AS tasks,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY d.duration_ms)::bigint AS median_ms,
        percentile_cont(0.85) WITHIN GROUP (ORDER BY d.duration_ms)::bigint AS p85_ms,
        sum(d.duration_ms)::bigint AS total_ms,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY d.working_ms)::bigint AS median_working_ms
    FROM closed_tasks AS c
    CROSS JOIN LATERAL (
        SELECT d.status, d.status_group, d.duration_ms, d.working_ms
        FROM task_status_times AS d
        WHERE d.workspace_id = c.workspace_id AND d.task_id = c.task_id AND d.duration_ms IS NOT NULL
        OFFSET 0
    ) AS d
    GROUP BY d.status, d.status_group
), present AS (
    SELECT lower(o.status) AS status, o.status_group, count(*) AS tasks
    FROM task_overview AS o
    WHERE (%(workspaces)s::text[] IS NULL OR o.workspace_id = ANY (%(workspaces)s::text[]))
        AND (%(spaces)s::text[] IS NULL OR o.space_id = ANY (%(spaces)s::text[]))
        AND (
            %(lists)s::text[] IS NULL OR o.list_id = ANY (%(lists)s::text[])
            OR o.task_id = ANY (%(list_tasks)s::text[])
        )
        AND (%(team_users)s::text[] IS NULL OR o.assignee_ids ?| %(team_users)s::text[])
    GROUP BY lower(o.status), o.status_group
)
SELECT t.*, coalesce(p.tasks, 0) AS tasks_now
FROM times AS t
LEFT JOIN present AS p ON p.status = t.status AND p.status_group = t.status_group
ORDER BY array_position(ARRAY['OPEN', 'IN_PROGRESS', 'CLOSED'], t.status_group) NULLS LAST,
    t.total_ms DESC, t.status
LIMIT %(limit)s
