-- Days of employees with intervals whose person or repository is another one by now, or whose person has
-- other commits.
SELECT DISTINCT i.email, i.work_date::text
FROM ide_intervals AS i
LEFT JOIN employee_addresses AS a ON a.address = mail_address(i.email)
LEFT JOIN ({editor_repositories}) AS m ON m.repository_match = i.repository_match
WHERE i.employee_email IS DISTINCT FROM a.employee_email
    OR i.repository_id IS DISTINCT FROM m.repository_id
    OR i.person = ANY (%(persons)s)
