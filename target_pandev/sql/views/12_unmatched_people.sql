-- People without an employee, and employees without a user in ClickUp: what an operator can correct
-- in the list of employees. The service user is not a person, and an archived employee needs no user,
-- nor does any in a store without users.
-- Cost: that of people.

CREATE OR REPLACE VIEW unmatched_people AS
SELECT p.source, p.workspace_id, p.user_id, p.name, p.email,
    CASE
        WHEN p.email IS NULL THEN 'no address'
        WHEN p.match = 'ambiguous' THEN 'several employees have this address'
        ELSE 'no employee has this address'
    END AS reason,
    a.candidates, p.commit_count, p.last_commit_at
FROM people AS p
LEFT JOIN employee_addresses AS a ON a.address = p.email
WHERE p.match <> 'matched' AND NOT p.is_service_user
UNION ALL
SELECT 'employees', NULL, NULL, e.name, e.email, 'no user in ClickUp has an address of the employee',
    NULL, NULL, NULL
FROM employees AS e
WHERE e._sdc_deleted_at IS NULL AND e.is_archived IS NOT TRUE
    AND EXISTS (SELECT FROM users)
    AND NOT EXISTS (
        SELECT FROM users AS u
        INNER JOIN employee_addresses AS a ON a.address = mail_address(u.email)
        WHERE a.employee_email = e.email
    );
COMMENT ON VIEW unmatched_people IS
    'Users, authors of commits and addresses of editor activity that match no employee or several, and '
    'employees without a user';
COMMENT ON COLUMN unmatched_people.source IS 'clickup, git, ide or employees';
COMMENT ON COLUMN unmatched_people.candidates IS 'Keys of the employees who have the address';
COMMENT ON COLUMN unmatched_people.commit_count IS 'Commits with this address; null for others';
COMMENT ON COLUMN unmatched_people.reason IS
    'What is wrong: no address, no employee or several with this address, or no user of an employee';
COMMENT ON COLUMN unmatched_people.workspace_id IS 'Workspace of the user in ClickUp; null for other sources';
COMMENT ON COLUMN unmatched_people.user_id IS 'Id of the user in ClickUp; null for other sources';
COMMENT ON COLUMN unmatched_people.name IS
    'Of the user, of the author in the newest commit, or of the employee; null for ide';
COMMENT ON COLUMN unmatched_people.email IS
    'Address in the form of mail_address(); for employees their key; null if there is none';
COMMENT ON COLUMN unmatched_people.last_commit_at IS
    'When the newest commit with this address was written; null for others';
