-- Parents and time of commits; a commit without time counts as old.
SELECT c.sha, ARRAY(SELECT pg_catalog.jsonb_array_elements_text(c.parents)),
    coalesce(pg_catalog.date_part('epoch', c.committed_at), 0)
FROM commits AS c
WHERE c.repository_id = %(repository_id)s AND c.sha = ANY (%(shas)s::text[])
