-- People without an employee, and employees without a user; nothing without any employees.
SELECT u.*
FROM unmatched_people AS u
WHERE EXISTS (SELECT FROM employees)
    AND (%(workspaces)s::text[] IS NULL OR u.workspace_id = ANY (%(workspaces)s::text[]))
ORDER BY u.commit_count DESC NULLS LAST, u.source, u.name, u.email
LIMIT %(limit)s
