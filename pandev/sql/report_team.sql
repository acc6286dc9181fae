-- The ClickUp users and the addresses of the employees of a team.
SELECT
    ARRAY(
        SELECT DISTINCT p.user_id FROM people AS p WHERE p.source = 'clickup' AND p.team = %(team)s::text
    ) AS team_users,
    ARRAY(
        SELECT e.email FROM employees AS e WHERE e.team = %(team)s::text AND e._sdc_deleted_at IS NULL
    ) AS team_emails
