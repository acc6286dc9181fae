-- Delete the people of commits that are not stored any longer, and those who made no other.
WITH deleted AS (
    DELETE FROM commit_people AS p
    WHERE NOT EXISTS (
        SELECT FROM commits AS c WHERE c.repository_id = p.repository_id AND c.sha = p.sha
    )
)
DELETE FROM git_people AS g
WHERE NOT EXISTS (SELECT FROM commits AS c WHERE c.author_identity = g.identity)
    AND NOT EXISTS (
        SELECT FROM commit_people AS p
        INNER JOIN commits AS c ON c.repository_id = p.repository_id AND c.sha = p.sha
        WHERE p.identity = g.identity
    )
