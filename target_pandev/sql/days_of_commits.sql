-- Days of employees with intervals that some commits cut, or that they are the next commit of. Rows are
-- looked up by key whatever the planner expects: OFFSET 0 keeps a subquery as it is.
SELECT DISTINCT i.email, i.work_date::text
FROM {keys} AS k
CROSS JOIN LATERAL (
    SELECT c.repository_id, c.sha, c.author_identity, c.authored_at
    FROM commits AS c
    WHERE c.repository_id = k.repository_id AND c.sha = k.sha
        AND c.parents -> 1 IS NULL AND c._sdc_deleted_at IS NULL
    OFFSET 0
) AS c
CROSS JOIN LATERAL (
    SELECT g.person FROM git_people AS g WHERE g.identity = c.author_identity OFFSET 0
) AS g
CROSS JOIN LATERAL (
    SELECT i.email, i.work_date
    FROM ide_intervals AS i
    WHERE i.repository_id = c.repository_id AND i.person = g.person
        AND coalesce(i.commit_at, 'infinity'::timestamptz) >= c.authored_at
        AND i.started_at < c.authored_at AND i.commit_sha IS DISTINCT FROM c.sha
    OFFSET 0
) AS i
WHERE EXISTS (SELECT 1 FROM ide_intervals)
