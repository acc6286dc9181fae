-- What people read: ClickUp's and git's rows in PanDev's words.

CREATE VIEW task_overview AS
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
    t.url
FROM tasks AS t
LEFT JOIN lists AS l ON l.workspace_id = t.workspace_id AND l.id = t.list_id
LEFT JOIN folders AS f ON f.workspace_id = t.workspace_id AND f.id = t.folder_id
LEFT JOIN spaces AS s ON s.workspace_id = t.workspace_id AND s.id = t.space_id
LEFT JOIN LATERAL (
    SELECT d.status_type
    FROM statuses AS d
    WHERE d.workspace_id = t.workspace_id
        AND lower(d.status) = lower(t.status)
        AND d._sdc_deleted_at IS NULL
        AND d.scope_type = CASE
            WHEN l.override_statuses THEN 'list' WHEN f.override_statuses THEN 'folder' ELSE 'space'
        END
        AND d.scope_id = CASE
            WHEN l.override_statuses THEN t.list_id WHEN f.override_statuses THEN t.folder_id
            ELSE t.space_id
        END
    ORDER BY d.status = t.status DESC, d._sdc_extracted_at DESC
    LIMIT 1
) AS d ON true
LEFT JOIN status_groups AS g ON g.status_type = coalesce(d.status_type, t.status_type)
WHERE t._sdc_deleted_at IS NULL
    AND l._sdc_deleted_at IS NULL
    AND f._sdc_deleted_at IS NULL
    AND s._sdc_deleted_at IS NULL;
COMMENT ON VIEW task_overview IS
    'One row a task, with PanDev''s status group: by the type of its status in its list, folder or space as last read, never by the status''s name';
COMMENT ON COLUMN task_overview.status_group IS 'OPEN, IN_PROGRESS, CLOSED or UNDEFINED';
COMMENT ON COLUMN task_overview.status_type_from_task IS
    'True where the workflow does not define the status, so that the type inside the task decides';

CREATE VIEW resolved_task_references AS
SELECT r.repository_id, r.source, r.object_key, r.kind, r.reference, r.ordinal,
    t.workspace_id, t.id AS task_id
FROM task_references AS r
LEFT JOIN tasks AS t
    ON t.id = r.reference AND t._sdc_deleted_at IS NULL
    AND (r.workspace_id IS NULL OR t.workspace_id = r.workspace_id)
WHERE r.kind = 'task_id'
UNION ALL
SELECT r.repository_id, r.source, r.object_key, r.kind, r.reference, r.ordinal,
    t.workspace_id, t.id
FROM task_references AS r
INNER JOIN tasks AS t
    ON upper(t.custom_id) = r.reference AND t.custom_id IS NOT NULL AND t._sdc_deleted_at IS NULL
    AND (r.workspace_id IS NULL OR t.workspace_id = r.workspace_id)
WHERE r.kind = 'custom_id';
COMMENT ON VIEW resolved_task_references IS
    'task_references with the task they name; task_id is null until a task of that id arrives. What only looks like a custom id (UTF-8) is left out';

CREATE VIEW task_activity AS
SELECT DISTINCT
    o.workspace_id,
    o.task_id,
    o.name AS task_name,
    o.status,
    o.status_group,
    o.url AS task_url,
    r.source,
    r.repository_id,
    r.object_key,
    CASE r.source
        WHEN 'branch' THEN b.name ELSE split_part(c.message, E'\n', 1)
    END AS title,
    c.sha,
    c.author_name,
    lower(btrim(c.author_email)) AS author_email,
    c.committed_at AS occurred_at
FROM resolved_task_references AS r
INNER JOIN task_overview AS o ON o.workspace_id = r.workspace_id AND o.task_id = r.task_id
LEFT JOIN branches AS b
    ON r.source = 'branch' AND b.repository_id = r.repository_id AND b.name = r.object_key
LEFT JOIN commits AS c
    ON c.repository_id = r.repository_id
    AND c.sha = CASE r.source WHEN 'branch' THEN b.head_sha ELSE r.object_key END
WHERE b._sdc_deleted_at IS NULL AND c._sdc_deleted_at IS NULL;
COMMENT ON VIEW task_activity IS
    'Tasks next to the commits and branches that name them, a row for each pair; a branch shows its newest commit';
COMMENT ON COLUMN task_activity.title IS 'Name of the branch, or first line of the commit''s message';
COMMENT ON COLUMN task_activity.occurred_at IS 'When that commit was made';
