-- Days of people's work on tasks, or without one; the limit is a number of people and tasks together.
SELECT l.workspace_id, l.person, l.person_name, l.work_date, l.task_id, l.task_name, l.list_id,
    l.space_id, l.kind, l.events, l.inferred_events, l.first_at, l.last_at, l.duration_ms
FROM (
    SELECT l.*,
        dense_rank() OVER (
            ORDER BY l.latest_at DESC, l.person, l.task_id
        ) AS place
    FROM (
        SELECT w.*,
            max(w.last_at) OVER (PARTITION BY w.person, w.task_id) AS latest_at
        FROM work_log AS w
        WHERE w.work_date >= %(since)s::date AND NOT w.is_service_user
            AND (%(workspaces)s::text[] IS NULL OR w.workspace_id = ANY (%(workspaces)s::text[]))
            AND (%(spaces)s::text[] IS NULL OR w.space_id = ANY (%(spaces)s::text[]))
            AND (
                %(lists)s::text[] IS NULL OR w.list_id = ANY (%(lists)s::text[])
                OR w.task_id = ANY (%(list_tasks)s::text[])
            )
    ) AS l
) AS l
WHERE l.place <= %(limit)s
ORDER BY l.place, l.work_date, l.kind
