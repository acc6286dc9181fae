-- Tasks with PanDev's status group. The group follows from the type that the workflow of the task's
-- list, folder, parent folder or space gives its status now, so a changed mapping shows without an edit
-- of the task. A folder is at most one level deep in another, as in ClickUp.
-- Tasks of spaces that the last complete read of the spaces did not select are left out: they are not
-- read any longer.
-- Cost: for one task its own row, its list, both folders, space, type and the read of the spaces by key,
-- and one workflow's statuses.

CREATE OR REPLACE VIEW task_overview AS
SELECT
    t.workspace_id,
    t.id AS task_id,
    t.custom_id,
    t.name,
    t.status,
    coalesce(g.status_group, 'UNDEFINED') AS status_group,
    coalesce(d.status_type, t.status_type) AS status_type,
    d.status_type IS NULL AS status_type_from_task,
    t.priority,
    t.assignee_ids,
    t.creator_id,
    t.list_id,
    l.name AS list_name,
    t.folder_id,
    f.name AS folder_name,
    t.space_id,
    s.name AS space_name,
    t.tags,
    t.points,
    t.time_estimate_ms,
    t.parent_id,
    t.date_created,
    t.date_updated,
    t.start_date,
    t.due_date,
    t.date_done,
    t.date_closed,
    t.archived,
    t.url,
    t.custom_fields,
    t.task_type_id,
    y.name AS task_type_name,
    t.group_assignee_ids
FROM tasks AS t
LEFT JOIN lists AS l ON l.workspace_id = t.workspace_id AND l.id = t.list_id
LEFT JOIN folders AS f ON f.workspace_id = t.workspace_id AND f.id = t.folder_id
LEFT JOIN folders AS p ON p.workspace_id = t.workspace_id AND p.id = f.parent_folder_id
LEFT JOIN spaces AS s ON s.workspace_id = t.workspace_id AND s.id = t.space_id
LEFT JOIN task_types AS y ON y.workspace_id = t.workspace_id AND y.id = t.task_type_id
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN l.override_statuses THEN 'list'
            WHEN f.override_statuses OR p.override_statuses THEN 'folder'
            ELSE 'space'
        END AS scope_type,
        CASE
            WHEN l.override_statuses THEN t.list_id
            WHEN f.override_statuses THEN t.folder_id
            WHEN p.override_statuses THEN f.parent_folder_id
            ELSE t.space_id
        END AS scope_id
) AS w
LEFT JOIN statuses AS e
    ON e.workspace_id = t.workspace_id AND e.scope_type = w.scope_type AND e.scope_id = w.scope_id
    AND e.status = t.status AND e._sdc_deleted_at IS NULL
-- Names are compared without case only where that fails, and not at all if no type is selected: a
-- join could not be left out then.
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN e.status IS NOT NULL THEN e.status_type
            ELSE (
                SELECT i.status_type
                FROM statuses AS i
                WHERE i.workspace_id = t.workspace_id
                    AND i.scope_type = w.scope_type AND i.scope_id = w.scope_id
                    AND pg_catalog.lower(i.status) = pg_catalog.lower(t.status)
                    AND i._sdc_deleted_at IS NULL
                ORDER BY i._sdc_extracted_at DESC
                LIMIT 1
            )
        END AS status_type
) AS d
LEFT JOIN status_groups AS g ON g.status_type = coalesce(d.status_type, t.status_type)
LEFT JOIN completed_reads AS r
    ON r.workspace_id = t.workspace_id AND r.stream = 'spaces' AND r.scope = 'all'
WHERE t._sdc_deleted_at IS NULL
    -- CASE, because PostgreSQL expects half of the rows of it, and few rows of any other form: without a
    -- folder in the store one of 200, so that weekly_status_times took two minutes for 3,000 tasks
    AND CASE
        WHEN coalesce(l._sdc_deleted_at, f._sdc_deleted_at, p._sdc_deleted_at, s._sdc_deleted_at)
            IS NOT NULL THEN false
        WHEN r.conditions -> 'id' -> 'in' IS NULL THEN true
        ELSE coalesce(r.conditions -> 'id' -> 'in' ? t.space_id, false)
    END;
COMMENT ON VIEW task_overview IS
    'One row per task of the selected spaces, with PanDev''s status group. The group follows from the type that the status has in the task''s list, folder, parent folder or space as last read, never from the status''s name';
COMMENT ON COLUMN task_overview.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN task_overview.task_id IS
    'Short id of the task in ClickUp, unique in its workspace';
COMMENT ON COLUMN task_overview.custom_id IS 'Such as DEV-12; null unless the space has custom ids';
COMMENT ON COLUMN task_overview.name IS 'Present title of the task';
COMMENT ON COLUMN task_overview.status IS 'Its present status, as ClickUp names it';
COMMENT ON COLUMN task_overview.creator_id IS 'Id of the user who created it';
COMMENT ON COLUMN task_overview.list_id IS
    'The task''s home list; other lists it is in are in tasks.secondary_list_ids';
COMMENT ON COLUMN task_overview.list_name IS 'Present name of that list';
COMMENT ON COLUMN task_overview.folder_id IS
    'Folder of the home list; for a list without a folder, the hidden one that ClickUp has for it';
COMMENT ON COLUMN task_overview.folder_name IS 'Present name of that folder';
COMMENT ON COLUMN task_overview.space_id IS 'Space of the home list';
COMMENT ON COLUMN task_overview.space_name IS 'Present name of that space';
COMMENT ON COLUMN task_overview.parent_id IS
    'Parent task; null for a task that is not a subtask';
COMMENT ON COLUMN task_overview.date_created IS 'When it was created, according to ClickUp';
COMMENT ON COLUMN task_overview.date_updated IS
    'When it was last edited, according to ClickUp; some changes, such as a renamed status, do not count as edits';
COMMENT ON COLUMN task_overview.start_date IS 'Planned start; null without one';
COMMENT ON COLUMN task_overview.due_date IS 'Null without one';
COMMENT ON COLUMN task_overview.date_done IS
    'When it was done or closed; null if it is neither';
COMMENT ON COLUMN task_overview.date_closed IS
    'When it was closed; null if it is not';
COMMENT ON COLUMN task_overview.archived IS 'Whether the task is archived';
COMMENT ON COLUMN task_overview.url IS 'Address in ClickUp';
COMMENT ON COLUMN task_overview.status_group IS 'OPEN, IN_PROGRESS, CLOSED or UNDEFINED';
COMMENT ON COLUMN task_overview.status_type_from_task IS
    'True if the workflow does not define the status, so that the type in the task decides';
COMMENT ON COLUMN task_overview.task_type_id IS
    'Id of its type: 0 for the default type, 1 for a milestone; null if it is not known';
COMMENT ON COLUMN task_overview.task_type_name IS
    'Name of a type that the workspace has defined; null for the default type, which ClickUp does not list. A deleted type keeps its name';
COMMENT ON COLUMN task_overview.group_assignee_ids IS 'Ids of the groups that it is assigned to';
COMMENT ON COLUMN task_overview.status_type IS 'Type of its status, which status_group follows from';
COMMENT ON COLUMN task_overview.priority IS '1 urgent, 2 high, 3 normal, 4 low; null without a priority';
COMMENT ON COLUMN task_overview.assignee_ids IS 'Ids of all assignees';
COMMENT ON COLUMN task_overview.tags IS 'Names of its tags';
COMMENT ON COLUMN task_overview.points IS 'Sprint points; null is not the same as 0';
COMMENT ON COLUMN task_overview.time_estimate_ms IS 'Estimate in milliseconds, possibly with a fraction';
COMMENT ON COLUMN task_overview.custom_fields IS 'The custom fields that were opted in, by name';
