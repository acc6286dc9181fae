-- What the filters of the page offer: places that exist, with the workspace or space that they are in, sprints
-- and the teams of employees.
SELECT 'workspace' AS kind, w.id, w.name, NULL AS parent_id
FROM workspaces AS w
WHERE w._sdc_deleted_at IS NULL
UNION ALL
SELECT 'space', s.id, s.name, s.workspace_id
FROM spaces AS s
WHERE s._sdc_deleted_at IS NULL
UNION ALL
SELECT 'list', l.id, l.name, l.space_id
FROM lists AS l
WHERE l._sdc_deleted_at IS NULL
UNION ALL
SELECT 'sprint', p.id, p.name, p.space_id
FROM sprints AS p
WHERE p._sdc_deleted_at IS NULL
UNION ALL
SELECT DISTINCT 'team', e.team, e.team, NULL
FROM employees AS e
WHERE e.team <> '' AND e._sdc_deleted_at IS NULL
ORDER BY 1, 3, 2
