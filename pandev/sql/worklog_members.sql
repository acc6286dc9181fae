-- Members of each workspace, and the people they are. An address of several employees is that of none.
SELECT u.workspace_id, u.id AS user_id,
    coalesce(e.employee_email, mail_address(u.email)) AS person
FROM users AS u
LEFT JOIN employee_addresses AS e ON e.address = mail_address(u.email)
WHERE u._sdc_deleted_at IS NULL AND u.is_member IS NOT FALSE
    AND mail_address(u.email) IS NOT NULL AND e.is_ambiguous IS NOT TRUE
ORDER BY u.workspace_id, u.id
