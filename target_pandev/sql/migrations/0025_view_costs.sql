-- What views need to answer at once: mail_address() without a regular expression for most addresses,
-- and indexes for commits with co-authors and for the newest pull requests.

CREATE OR REPLACE FUNCTION mail_address(address text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN nullif(
    CASE
        WHEN pg_catalog.strpos(pg_catalog.lower(address), '@users.noreply.') > 0
            THEN pg_catalog.regexp_replace(
                pg_catalog.lower(pg_catalog.btrim(address)),
                '^[0-9]+(\+(?=[^@]+@users\.noreply\.)|-(?=[^@]+@users\.noreply\.gitlab\.))', ''
            )
        ELSE pg_catalog.lower(pg_catalog.btrim(address))
    END,
    ''
);

CREATE INDEX commits_co_authored ON commits (repository_id, sha) WHERE message ~* 'co-authored-by:';
CREATE INDEX pull_requests_created_at ON pull_requests (created_at);
CREATE INDEX pull_requests_merged_at ON pull_requests (merged_at);
