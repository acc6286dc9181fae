-- Store the people of the commits of some rows: author and co-authors of those that have any, and all
-- recorded addresses and names. Sorted, so that concurrent loads do not wait for each other.
WITH co_authored AS (
    SELECT c.repository_id, c.sha, p.place, p.email, p.name,
        {authored_at} AS authored_at, {committed_at} AS committed_at
    FROM {commits} AS c
    CROSS JOIN LATERAL (
        SELECT 0 AS place, {author_email} AS email, {author_name} AS name
        UNION ALL
        SELECT l.place, l.parts[2], pg_catalog.btrim(l.parts[1], E' \t"')
        FROM pg_catalog.regexp_matches(
            {message}, '^[ \t]*co-authored-by:([^<\n]*)<([^<>\n]*)>', 'gin'
        ) WITH ORDINALITY AS l (parts, place)
    ) AS p
    WHERE {message} ~* 'co-authored-by:'
), stored AS (
    INSERT INTO commit_people (repository_id, sha, place, identity, authored_at, committed_at)
    SELECT p.repository_id, p.sha, p.place, git_identity(p.repository_id, p.email, p.name),
        p.authored_at, p.committed_at
    FROM co_authored AS p
    ON CONFLICT DO NOTHING
)
INSERT INTO git_people (identity, repository_id, email, name, is_ambiguous)
SELECT git_identity(i.repository_id, i.email, i.name), i.*, false
FROM (
    SELECT c.repository_id, coalesce({author_email}, '') AS email, coalesce({author_name}, '') AS name
    FROM {commits} AS c
    UNION
    SELECT p.repository_id, coalesce(p.email, ''), coalesce(p.name, '')
    FROM co_authored AS p
) AS i
ON CONFLICT DO NOTHING
