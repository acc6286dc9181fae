-- Which commits count in reports, a setting where views left out merges and bots by fixed rules; and what
-- the view of unlinked commits needs.

ALTER TABLE reporting
    ADD COLUMN counts_merges boolean NOT NULL DEFAULT false,
    ADD COLUMN bots text[] NOT NULL DEFAULT '{*[bot]*}';
COMMENT ON TABLE reporting IS
    'Time zone and working time of reports, and which commits count; one row, changed by pandev reporting, which also updates working_calendar';
COMMENT ON COLUMN reporting.counts_merges IS 'Whether merge commits count as work in reports';
COMMENT ON COLUMN reporting.bots IS
    'Names and addresses of authors whose commits do not count, where * is any text';

CREATE FUNCTION reporting_counts_merges() RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SECURITY DEFINER
RETURN (SELECT r.counts_merges FROM reporting AS r);
COMMENT ON FUNCTION reporting_counts_merges IS
    'Whether merge commits count in reports, read when a query is planned';

CREATE FUNCTION reporting_bots() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SECURITY DEFINER
RETURN (
    SELECT ARRAY(
        SELECT pg_catalog.replace(pg_catalog.regexp_replace(b.name, '([\\%_])', '\\\1', 'g'), '*', '%')
        FROM pg_catalog.unnest(r.bots) AS b (name)
    )
    FROM reporting AS r
);
COMMENT ON FUNCTION reporting_bots IS
    'Authors whose commits do not count in reports, as patterns of LIKE, read when a query is planned';

CREATE FUNCTION is_counted_commit(parents jsonb, author_name text, author_email text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (reporting_counts_merges() OR parents -> 1 IS NULL)
    AND (author_name LIKE ANY (reporting_bots())) IS NOT TRUE
    AND (author_email LIKE ANY (reporting_bots())) IS NOT TRUE;
COMMENT ON FUNCTION is_counted_commit IS
    'Whether a commit counts in reports: neither a merge nor by a bot, as reporting says';

CREATE FUNCTION commit_url(host text, repository_id text, sha text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN pg_catalog.starts_with(host, 'github.') THEN 'https://' || repository_id || '/commit/' || sha
    WHEN pg_catalog.starts_with(host, 'gitlab.') THEN 'https://' || repository_id || '/-/commit/' || sha
    WHEN host = 'bitbucket.org' THEN 'https://' || repository_id || '/commits/' || sha
END;
COMMENT ON FUNCTION commit_url IS
    'Address of a commit at GitHub, GitLab or Bitbucket; null for other hosts';

CREATE INDEX commits_committed_at ON commits (committed_at);
