-- The addresses by which employees are known, in the form of mail_address(). An address of several
-- employees is that of none of them; no match is guessed.
-- Cost: all employees, thousands at most.

CREATE OR REPLACE VIEW employee_addresses AS
SELECT a.address,
    CASE WHEN pg_catalog.count(DISTINCT a.email) = 1 THEN pg_catalog.min(a.email) END AS employee_email,
    pg_catalog.count(DISTINCT a.email) > 1 AS is_ambiguous,
    pg_catalog.array_agg(DISTINCT a.email) AS candidates
FROM (
    SELECT mail_address(e.email) AS address, e.email
    FROM employees AS e
    WHERE e._sdc_deleted_at IS NULL
    UNION ALL
    SELECT mail_address(e.github_login) || '@users.noreply.github.com', e.email
    FROM employees AS e
    WHERE e._sdc_deleted_at IS NULL
    UNION ALL
    SELECT mail_address(o.address), e.email
    FROM employees AS e
    CROSS JOIN LATERAL pg_catalog.jsonb_array_elements_text(
        CASE pg_catalog.jsonb_typeof(e.other_emails)
            WHEN 'array' THEN e.other_emails
            ELSE pg_catalog.jsonb_build_array(e.other_emails #>> '{}')
        END
    ) AS o (address)
    WHERE e._sdc_deleted_at IS NULL
) AS a
WHERE a.address IS NOT NULL
GROUP BY a.address;
COMMENT ON VIEW employee_addresses IS
    'Every address of every employee; join it with mail_address() of the address of an activity';
COMMENT ON COLUMN employee_addresses.employee_email IS
    'Key of the employee; null if the address is that of several';
COMMENT ON COLUMN employee_addresses.candidates IS 'Keys of all employees with this address';
COMMENT ON COLUMN employee_addresses.is_ambiguous IS 'Whether several employees have the address';
COMMENT ON COLUMN employee_addresses.address IS
    'In the form of mail_address(): the key, another address, or GitHub''s no-reply address of the login';
