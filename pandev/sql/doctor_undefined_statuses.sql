-- Statuses whose type has no group, and where they are: the name of the space, folder or list.
SELECT DISTINCT s.status, coalesce(s.status_type, 'none') AS status_type,
    s.scope_type || ' ' || coalesce(p.name, f.name, l.name, s.scope_id) AS place
FROM statuses AS s
LEFT JOIN spaces AS p ON s.scope_type = 'space' AND p.workspace_id = s.workspace_id AND p.id = s.scope_id
LEFT JOIN folders AS f ON s.scope_type = 'folder' AND f.workspace_id = s.workspace_id AND f.id = s.scope_id
LEFT JOIN lists AS l ON s.scope_type = 'list' AND l.workspace_id = s.workspace_id AND l.id = s.scope_id
WHERE s._sdc_deleted_at IS NULL
    AND NOT EXISTS (SELECT FROM status_groups AS g WHERE g.status_type = s.status_type)
ORDER BY place, s.status
