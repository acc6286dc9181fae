-- Estimate, tracked time and time in editors of the tasks with the most time in the period. All their
-- time counts, also that before the period, so that it can be compared with the estimate.
WITH spent AS (
    -- Not of task_time_comparison, which reads all tracked time and estimates.
    SELECT t.workspace_id, t.task_id, t.active_ms AS spent_ms
    FROM task_time AS t
    WHERE %(lists)s::text[] IS NULL AND t.task_id IS NOT NULL AND t.work_date >= %(since)s::date
        AND (%(until)s::date IS NULL OR t.work_date <= %(until)s::date)
        AND (%(team_emails)s::text[] IS NULL OR t.employee_email = ANY (%(team_emails)s::text[]))
    UNION ALL
    -- Of lists, one task after the other: they are few.
    SELECT l.workspace_id, l.id, t.spent_ms
    FROM tasks AS l
    CROSS JOIN LATERAL (
        SELECT sum(t.active_ms) AS spent_ms
        FROM task_time AS t
        WHERE t.workspace_id = l.workspace_id AND t.task_id = l.id AND t.work_date >= %(since)s::date
            AND (%(until)s::date IS NULL OR t.work_date <= %(until)s::date)
            AND (%(team_emails)s::text[] IS NULL OR t.employee_email = ANY (%(team_emails)s::text[]))
    ) AS t
    WHERE (l.list_id = ANY (%(lists)s::text[]) OR l.id = ANY (%(list_tasks)s::text[])) AND t.spent_ms > 0
    UNION ALL
    SELECT w.workspace_id, w.task_id, w.duration_ms
    FROM worklogs AS w
    WHERE w.task_id IS NOT NULL AND NOT w.is_written_back AND w.duration_ms IS NOT NULL
        AND w.started_at >= %(since_at)s::timestamptz
        AND (%(until_at)s::timestamptz IS NULL OR w.started_at < %(until_at)s::timestamptz)
        AND (%(team_users)s::text[] IS NULL OR w.author_id = ANY (%(team_users)s::text[]))
),
busiest AS (
    SELECT s.workspace_id, s.task_id, sum(s.spent_ms) AS spent_ms
    FROM spent AS s
    WHERE (%(workspaces)s::text[] IS NULL OR s.workspace_id = ANY (%(workspaces)s::text[]))
        AND (
            %(spaces)s::text[] IS NULL AND %(lists)s::text[] IS NULL
            OR EXISTS (
                SELECT
                FROM tasks AS t
                WHERE t.workspace_id = s.workspace_id AND t.id = s.task_id
                    AND (%(spaces)s::text[] IS NULL OR t.space_id = ANY (%(spaces)s::text[]))
                    AND (
                        %(lists)s::text[] IS NULL OR t.list_id = ANY (%(lists)s::text[])
                        OR t.id = ANY (%(list_tasks)s::text[])
                    )
            )
        )
    GROUP BY s.workspace_id, s.task_id
    ORDER BY spent_ms DESC, s.task_id
    LIMIT %(limit)s
)
SELECT b.workspace_id, b.task_id, t.name, t.status, s.estimate_ms, s.worklog_ms, s.ide_ms, t.url
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
