-- Status changes of each task: exact ones from webhooks, inferred ones where a read of the task shows
-- a status that the exact ones do not explain.
--
-- Every known status of a task at a time is a point: two for a change, before and after it, and one
-- for each observation and for the stored task. Each point is compared with the one before it.
-- Cost: one pass; for one task its changes, observations and row by key, and for each change the
-- statuses of the list's workflow.

CREATE OR REPLACE VIEW status_transitions AS
WITH points AS (
    SELECT c.workspace_id, c.task_id, c.changed_at AS occurred_at, c.id AS change_id, c.user_id,
        p.is_after_change, p.status, p.status_type, d.status_id
    FROM status_changes AS c
    CROSS JOIN LATERAL (
        VALUES
            (FALSE, c.from_status, c.from_status_type),
            (TRUE, c.to_status, c.to_status_type)
    ) AS p (is_after_change, status, status_type)
    LEFT JOIN lists AS l ON l.workspace_id = c.workspace_id AND l.id = c.list_id
    LEFT JOIN LATERAL (
        -- By the workflow of the list, else of its folder, else of its space. Deleted statuses too:
        -- a status that was renamed since is one of them.
        SELECT s.status_id
        FROM statuses AS s
        WHERE s.workspace_id = c.workspace_id AND pg_catalog.lower(s.status) = pg_catalog.lower(p.status)
            AND s.scope_id IN (c.list_id, l.folder_id, l.space_id)
        ORDER BY s.scope_type = 'list' DESC, s.scope_type = 'folder' DESC
        LIMIT 1
    ) AS d ON TRUE
    UNION ALL
    SELECT o.workspace_id, o.task_id, o.date_updated, NULL, NULL, FALSE,
        o.status, o.status_type, o.status_id
    FROM status_observations AS o
    UNION ALL
    SELECT t.workspace_id, t.id, t.date_updated, NULL, NULL, FALSE,
        t.status, t.status_type, t.status_id
    FROM tasks AS t
    WHERE t.status IS NOT NULL AND t.date_updated IS NOT NULL
),
steps AS (
    SELECT p.*,
        pg_catalog.lag(p.occurred_at) OVER in_order AS last_occurred_at,
        pg_catalog.lag(p.status) OVER in_order AS last_status,
        pg_catalog.lag(p.status_type) OVER in_order AS last_status_type,
        pg_catalog.lag(p.status_id) OVER in_order AS last_status_id
    FROM points AS p
    WINDOW in_order AS (
        -- A task that was read as of the time of a change shows the status after that change.
        PARTITION BY p.workspace_id, p.task_id
        ORDER BY p.occurred_at, p.change_id NULLS LAST, p.is_after_change
    )
)
SELECT s.workspace_id, s.task_id,
    CASE WHEN s.is_after_change THEN s.change_id END AS change_id,
    s.last_status AS from_status,
    s.last_status_type AS from_status_type,
    coalesce(f.status_group, 'UNDEFINED') AS from_status_group,
    s.status AS to_status,
    s.status_type AS to_status_type,
    coalesce(t.status_group, 'UNDEFINED') AS to_status_group,
    s.occurred_at AS changed_at,
    CASE WHEN s.is_after_change THEN s.occurred_at ELSE s.last_occurred_at END AS changed_after,
    CASE WHEN s.is_after_change THEN s.user_id END AS user_id,
    NOT s.is_after_change AS is_inferred
FROM steps AS s
LEFT JOIN status_groups AS f ON f.status_type = s.last_status_type
LEFT JOIN status_groups AS t ON t.status_type = s.status_type
WHERE s.is_after_change
    OR pg_catalog.lower(s.last_status) <> pg_catalog.lower(s.status) AND coalesce(s.last_status_id <> s.status_id, TRUE);
COMMENT ON VIEW status_transitions IS
    'Each status change of a task, in the order of changed_at: exact ones from webhooks, and inferred ones where a read of the task shows that one is missing';
COMMENT ON COLUMN status_transitions.changed_at IS
    'When the status changed; for an inferred change the latest possible time';
COMMENT ON COLUMN status_transitions.changed_after IS
    'For an inferred change the earliest possible time, otherwise the same as changed_at';
COMMENT ON COLUMN status_transitions.user_id IS 'The user who changed the status; null for an inferred change';
COMMENT ON COLUMN status_transitions.from_status IS 'Null for a new task';
