-- Tasks that were created and closed in each week, and how long the closed ones took.
WITH closed AS (
    SELECT work_week(c.closed_at) AS week, count(*) AS closed,
        count(*) FILTER (WHERE c.reopened_count > 0) AS closed_again,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY c.elapsed_ms)::bigint AS median_elapsed_ms,
        percentile_cont(0.85) WITHIN GROUP (ORDER BY c.elapsed_ms)::bigint AS p85_elapsed_ms,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY c.active_ms)::bigint AS median_active_ms,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY c.working_ms)::bigint AS median_working_ms,
        count(*) FILTER (WHERE c.is_inferred) AS inferred_tasks
    FROM unnest(
        %(closed_at)s::timestamptz[], %(closed_elapsed_ms)s::bigint[], %(closed_active_ms)s::bigint[],
        %(closed_working_ms)s::bigint[], %(closed_reopened_counts)s::bigint[],
        %(closed_are_inferred)s::boolean[]
    ) AS c (closed_at, elapsed_ms, active_ms, working_ms, reopened_count, is_inferred)
    GROUP BY work_week(c.closed_at)
), created AS (
    SELECT work_week(o.date_created) AS week, count(*) AS created
    FROM task_overview AS o
    WHERE o.date_created >= %(since_at)s::timestamptz - INTERVAL '7 days'
        AND work_week(o.date_created) >= work_week(%(since_at)s::timestamptz)
        AND (%(until_at)s::timestamptz IS NULL OR o.date_created < %(until_at)s::timestamptz)
        AND (%(workspaces)s::text[] IS NULL OR o.workspace_id = ANY (%(workspaces)s::text[]))
        AND (%(spaces)s::text[] IS NULL OR o.space_id = ANY (%(spaces)s::text[]))
        AND (
            %(lists)s::text[] IS NULL OR o.list_id = ANY (%(lists)s::text[])
            OR o.task_id = ANY (%(list_tasks)s::text[])
        )
        AND (%(team_users)s::text[] IS NULL OR o.assignee_ids ?| %(team_users)s::text[])
    GROUP BY work_week(o.date_created)
)
SELECT coalesce(c.week, n.week) AS week, coalesce(n.created, 0) AS created,
    coalesce(c.closed, 0) AS closed, coalesce(c.closed_again, 0) AS closed_again,
    c.median_elapsed_ms, c.p85_elapsed_ms, c.median_active_ms, c.median_working_ms,
    coalesce(c.inferred_tasks, 0) AS inferred_tasks
FROM closed AS c
FULL JOIN created AS n ON n.week = c.week
ORDER BY week DESC
LIMIT %(limit)s
