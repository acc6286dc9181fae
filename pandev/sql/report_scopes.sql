-- Ids and names of workspaces, spaces and lists.
SELECT 'workspace' AS kind, w.id, w.name FROM workspaces AS w
UNION ALL
SELECT 'space', s.id, s.name FROM spaces AS s
UNION ALL
SELECT 'list', l.id, l.name FROM lists AS l
ORDER BY 1, 3, 2
