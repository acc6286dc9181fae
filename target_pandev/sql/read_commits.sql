-- Parents and time of commits, and of those of their ancestors that are at most some days older than the
-- newest of them. A commit without time counts as old.
WITH RECURSIVE wanted AS (
    SELECT c.sha, c.parents, c.committed_at
    FROM commits AS c
    WHERE c.repository_id = %(repository_id)s AND c.sha = ANY (%(shas)s::text[])
), chain AS (
    SELECT w.sha, w.parents, w.committed_at FROM wanted AS w
    UNION
    SELECT c.sha, c.parents, c.committed_at
    FROM chain
    CROSS JOIN LATERAL pg_catalog.jsonb_array_elements_text(chain.parents) AS p (sha)
    CROSS JOIN LATERAL (
        -- LIMIT 1: one lookup for each, where a join would read all commits of the repository
        SELECT c.sha, c.parents, c.committed_at
        FROM commits AS c
        WHERE c.repository_id = %(repository_id)s AND c.sha = p.sha
        LIMIT 1
    ) AS c
    WHERE c.committed_at > (SELECT pg_catalog.max(w.committed_at) FROM wanted AS w)
        - pg_catalog.make_interval(days => %(days)s::integer)
)
SELECT chain.sha, ARRAY(SELECT pg_catalog.jsonb_array_elements_text(chain.parents)),
    coalesce(pg_catalog.date_part('epoch', chain.committed_at), 0)
FROM chain
