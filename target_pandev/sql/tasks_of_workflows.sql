-- The tasks for which staged rows of statuses, lists or folders change what a status is: those that
-- were in a list of the changed scopes, or in a status of a changed id. A change from a webhook has
-- only the name of its status, so the id is that of the stored transition.
-- IN in a list of columns is a hash table: each of thousands of lists may have statuses of its own.
WITH scopes AS MATERIALIZED ({changed_scopes}),
changed_lists AS MATERIALIZED (
    SELECT l.workspace_id, l.list_id
    FROM (
        SELECT l.workspace_id, l.id AS list_id,
            (l.workspace_id, p.scope_id) IN (SELECT s.workspace_id, s.scope_id FROM scopes AS s)
                AS is_changed
        FROM lists AS l
        LEFT JOIN folders AS f ON f.workspace_id = l.workspace_id AND f.id = l.folder_id
        CROSS JOIN LATERAL (
            VALUES (l.id), (l.folder_id), (f.parent_folder_id), (l.space_id)
        ) AS p (scope_id)
        OFFSET 0
    ) AS l
    WHERE l.is_changed
    UNION
    SELECT s.workspace_id, s.scope_id FROM scopes AS s WHERE s.scope_id IS NOT NULL
),
changed_ids AS MATERIALIZED (
    SELECT DISTINCT s.workspace_id, s.status_id FROM scopes AS s WHERE s.status_id IS NOT NULL
)
SELECT t.workspace_id, t.id
FROM tasks AS t
INNER JOIN changed_lists AS l ON l.workspace_id = t.workspace_id AND l.list_id = t.list_id
UNION
SELECT v.workspace_id, v.task_id
FROM task_versions AS v
INNER JOIN changed_lists AS l ON l.workspace_id = v.workspace_id AND l.list_id = v.list_id
UNION
SELECT c.workspace_id, c.task_id
FROM task_changes AS c
INNER JOIN changed_lists AS l ON l.workspace_id = c.workspace_id AND l.list_id = c.list_id
UNION
SELECT t.workspace_id, t.id
FROM tasks AS t
INNER JOIN changed_ids AS s ON s.workspace_id = t.workspace_id AND s.status_id = t.status_id
UNION
SELECT v.workspace_id, v.task_id
FROM task_versions AS v
INNER JOIN changed_ids AS s ON s.workspace_id = v.workspace_id AND s.status_id = v.status_id
UNION
SELECT x.workspace_id, x.task_id
FROM task_transitions AS x
INNER JOIN changed_ids AS s ON s.workspace_id = x.workspace_id AND s.status_id = x.to_status_id
