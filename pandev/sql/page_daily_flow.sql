-- Number of tasks in each status group at the end of each day of the period.
SELECT f.day,
    coalesce(sum(f.tasks) FILTER (WHERE f.status_group = 'OPEN'), 0)::bigint AS open,
    coalesce(sum(f.tasks) FILTER (WHERE f.status_group = 'IN_PROGRESS'), 0)::bigint AS in_progress,
    coalesce(sum(f.tasks) FILTER (WHERE f.status_group = 'CLOSED'), 0)::bigint AS closed,
    coalesce(sum(f.tasks) FILTER (WHERE f.status_group = 'UNDEFINED'), 0)::bigint AS undefined,
    sum(f.inferred_tasks)::bigint AS inferred
FROM daily_flow AS f
WHERE f.day >= %(since)s::date
    AND (%(until)s::date IS NULL OR f.day <= %(until)s::date)
    AND (%(workspaces)s::text[] IS NULL OR f.workspace_id = ANY (%(workspaces)s::text[]))
    AND (%(spaces)s::text[] IS NULL OR f.space_id = ANY (%(spaces)s::text[]))
GROUP BY f.day
ORDER BY f.day DESC
LIMIT %(limit)s
