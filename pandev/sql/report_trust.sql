-- How fresh and how complete the data of each workspace is.
SELECT d.*
FROM data_trust AS d
WHERE %(workspaces)s::text[] IS NULL OR d.workspace_id = ANY (%(workspaces)s::text[])
ORDER BY d.workspace_name, d.workspace_id
LIMIT %(limit)s
