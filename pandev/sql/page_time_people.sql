-- The people whose time time_allocation counts in the period, without the time of each.
SELECT a.workspace_id, a.author_id, max(a.author_name) AS name
FROM time_allocation AS a
WHERE a.author_id IS NOT NULL AND a.work_date >= %(since)s::date
    AND (%(until)s::date IS NULL OR a.work_date <= %(until)s::date)
    AND (%(workspaces)s::text[] IS NULL OR a.workspace_id = ANY (%(workspaces)s::text[]))
    AND (%(spaces)s::text[] IS NULL OR a.space_id = ANY (%(spaces)s::text[]))
    AND (
        %(lists)s::text[] IS NULL OR a.list_id = ANY (%(lists)s::text[])
        OR a.task_id = ANY (%(list_tasks)s::text[])
    )
    AND (%(team_users)s::text[] IS NULL OR a.author_id = ANY (%(team_users)s::text[]))
    AND (%(space_name)s::text IS NULL OR coalesce(a.space_name, 'none') = %(space_name)s::text)
    AND (%(list_name)s::text IS NULL OR coalesce(a.list_name, 'none') = %(list_name)s::text)
    AND (%(task_type)s::text IS NULL OR a.task_type = %(task_type)s::text)
GROUP BY a.workspace_id, a.author_id
ORDER BY name, a.author_id, a.workspace_id
LIMIT %(limit)s
