-- Employees, and what names the same person elsewhere.

CREATE TABLE employees (
    email text NOT NULL,
    name text,
    position text,
    team text,
    department text,
    github_login text,
    other_emails jsonb,
    is_archived boolean,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (email)
);
COMMENT ON TABLE employees IS
    'Employees, loaded by pandev employees load or by any tap (docs/guides/people.md)';
COMMENT ON COLUMN employees.team IS 'Name of the team within the department';
COMMENT ON COLUMN employees.other_emails IS
    'Further addresses of the employee, in ClickUp, git or an editor';
COMMENT ON COLUMN employees.is_archived IS
    'Whether the employee has left; earlier activity remains theirs';

ALTER TABLE repositories ADD COLUMN mailmap jsonb;
COMMENT ON COLUMN repositories.mailmap IS
    'Entries of the default branch''s .mailmap, see the view mailmap_entries';

CREATE FUNCTION mail_address(address text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN nullif(
    pg_catalog.regexp_replace(
        pg_catalog.lower(pg_catalog.btrim(address)),
        '^[0-9]+(\+(?=[^@]+@users\.noreply\.)|-(?=[^@]+@users\.noreply\.gitlab\.))', ''
    ),
    ''
);
COMMENT ON FUNCTION mail_address IS
    'An e-mail address as it is compared: in lower case, without spaces around it, and without '
    'the user''s number in the noreply addresses of GitHub and GitLab; null if it is empty';
