-- The tasks of the chosen sprint, or else of the one that began last: what was left over first. Those of a
-- kind are the ones that sprint_report counts: without a subtask whose parent is in the sprint too.
WITH chosen AS (
    SELECT p.workspace_id, p.sprint_id
    FROM sprint_periods AS p
    WHERE p.phase IN ('running', 'ended')
        AND (%(workspaces)s::text[] IS NULL OR p.workspace_id = ANY (%(workspaces)s::text[]))
        AND (%(spaces)s::text[] IS NULL OR p.space_id = ANY (%(spaces)s::text[]))
        AND (%(lists)s::text[] IS NULL OR p.sprint_id = ANY (%(lists)s::text[]))
    ORDER BY p.starts_at DESC, p.sprint_id
    LIMIT 1
)
SELECT s.workspace_id, s.sprint_id, s.sprint_name, s.task_id, s.task_name, t.status, s.points, s.is_committed,
    s.is_added, s.is_removed, s.is_done, s.is_carried_over, s.is_inferred, t.url
FROM chosen AS c
CROSS JOIN LATERAL (
    SELECT s.*,
        (s.parent_id = ANY (s.task_ids) OR s.top_level_parent_id = ANY (s.task_ids)) IS NOT TRUE AS is_task
    FROM (
        SELECT s.*, array_agg(s.task_id) OVER () AS task_ids
        FROM sprint_tasks AS s
        WHERE s.workspace_id = c.workspace_id AND s.sprint_id = c.sprint_id
            AND (s.is_committed OR s.is_added OR s.is_done OR s.is_carried_over)
    ) AS s
) AS s
LEFT JOIN tasks AS t ON t.workspace_id = s.workspace_id AND t.id = s.task_id
WHERE CASE %(kind)s::text
        WHEN 'committed' THEN s.is_committed AND s.is_task
        WHEN 'added' THEN s.is_added AND s.is_task
        WHEN 'removed' THEN s.is_removed AND s.is_task
        WHEN 'done' THEN s.is_done AND s.is_task
        WHEN 'carried_over' THEN s.is_carried_over AND s.is_task
        ELSE %(kind)s::text IS NULL AND (s.is_committed OR s.is_added)
    END
    AND (%(team_users)s::text[] IS NULL OR t.assignee_ids ?| %(team_users)s::text[])
ORDER BY s.is_done, s.is_removed, s.task_id
LIMIT %(limit)s
