-- Events of each task on each day of the period, those of all people together; the limit is a number of
-- tasks. Work without a task is a row of its own.
SELECT l.workspace_id, l.task_id, l.task_name, t.url, l.work_date, l.kind, l.events, l.inferred_events,
    l.duration_ms
FROM (
    SELECT l.*, dense_rank() OVER (ORDER BY l.latest_at DESC, l.task_id NULLS LAST) AS place
    FROM (
        SELECT w.workspace_id, w.task_id, w.task_name, w.work_date, w.kind,
            sum(w.events)::bigint AS events, sum(w.inferred_events)::bigint AS inferred_events,
            sum(w.duration_ms)::bigint AS duration_ms,
            max(max(w.last_at)) OVER (PARTITION BY w.task_id) AS latest_at
        FROM work_log AS w
        WHERE w.work_date >= %(since)s::date AND NOT w.is_service_user
            AND (%(until)s::date IS NULL OR w.work_date <= %(until)s::date)
            AND (%(workspaces)s::text[] IS NULL OR w.workspace_id = ANY (%(workspaces)s::text[]))
            AND (%(spaces)s::text[] IS NULL OR w.space_id = ANY (%(spaces)s::text[]))
            AND (
                %(lists)s::text[] IS NULL OR w.list_id = ANY (%(lists)s::text[])
                OR w.task_id = ANY (%(list_tasks)s::text[])
            )
            AND (%(team_emails)s::text[] IS NULL OR w.person = ANY (%(team_emails)s::text[]))
        GROUP BY w.workspace_id, w.task_id, w.task_name, w.work_date, w.kind
    ) AS l
) AS l
LEFT JOIN tasks AS t ON t.workspace_id = l.workspace_id AND t.id = l.task_id
WHERE l.place <= %(limit)s
ORDER BY l.place, l.work_date, l.kind
