-- What an interval's repository_match names: the repository of a path, or the only one of a name.
SELECT 'path ' || pg_catalog.lower(p.path) AS repository_match, pg_catalog.min(p.id) AS repository_id
FROM repositories AS p
WHERE p.path IS NOT NULL
GROUP BY 1
UNION ALL
SELECT 'name ' || pg_catalog.lower(p.name), pg_catalog.min(p.id)
FROM repositories AS p
WHERE p.name IS NOT NULL
GROUP BY 1
HAVING pg_catalog.count(*) = 1
