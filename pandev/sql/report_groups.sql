-- Tasks in each status group, with the statuses of the group.
SELECT status_group, count(*) AS tasks,
    string_agg(DISTINCT status, ', ' ORDER BY status) AS statuses
FROM task_overview
GROUP BY status_group
ORDER BY array_position(ARRAY['OPEN', 'IN_PROGRESS', 'CLOSED'], status_group) NULLS LAST
