-- The users that data_trust counts as without an employee.
SELECT p.workspace_id, p.user_id, p.name, p.email, p.reason
FROM unmatched_people AS p
INNER JOIN users AS u ON u.workspace_id = p.workspace_id AND u.id = p.user_id
WHERE p.source = 'clickup' AND u._sdc_deleted_at IS NULL AND u.is_member IS NOT FALSE
    AND EXISTS (SELECT FROM employees AS e WHERE e._sdc_deleted_at IS NULL)
    AND (%(workspaces)s::text[] IS NULL OR p.workspace_id = ANY (%(workspaces)s::text[]))
ORDER BY p.name, p.user_id
LIMIT %(limit)s
