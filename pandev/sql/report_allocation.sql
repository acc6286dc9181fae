-- Where tracked time of the period went, by names of lists and types of tasks: lists of several folders
-- often have the same name. Time without a task is a row.
SELECT a.workspace_id, a.space_name, a.list_name, a.task_type,
    count(DISTINCT a.author_id) AS people, sum(a.entries)::bigint AS entries,
    sum(a.booked_ms)::bigint AS booked_ms,
    round(sum(a.booked_ms) / nullif(sum(sum(a.booked_ms)) OVER (), 0), 3) AS share
FROM time_allocation AS a
WHERE a.work_date >= %(since)s::date
    AND (%(until)s::date IS NULL OR a.work_date <= %(until)s::date)
    AND (%(workspaces)s::text[] IS NULL OR a.workspace_id = ANY (%(workspaces)s::text[]))
    AND (%(spaces)s::text[] IS NULL OR a.space_id = ANY (%(spaces)s::text[]))
    AND (
        %(lists)s::text[] IS NULL OR a.list_id = ANY (%(lists)s::text[])
        OR a.task_id = ANY (%(list_tasks)s::text[])
    )
    AND (%(team_users)s::text[] IS NULL OR a.author_id = ANY (%(team_users)s::text[]))
GROUP BY a.workspace_id, a.space_name, a.list_name, a.task_type
ORDER BY booked_ms DESC, a.space_name, a.list_name, a.task_type
LIMIT %(limit)s
