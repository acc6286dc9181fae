-- Status changes of each task: exact ones from webhooks, inferred ones where a read of the task shows
-- a status that the exact ones do not explain.
-- Cost: for one task its changes, observations and row by key, and the workflow of each change's list.

CREATE OR REPLACE VIEW status_transitions AS
WITH facts AS (
    SELECT c.workspace_id, c.task_id, c.changed_at AS moment, c.id AS change_id, c.user_id,
        c.from_status, c.from_status_type, was.status_id AS from_status_id,
        c.to_status, c.to_status_type, became.status_id AS to_status_id
    FROM status_changes AS c
    LEFT JOIN lists AS l ON l.workspace_id = c.workspace_id AND l.id = c.list_id
    LEFT JOIN LATERAL (
        SELECT d.status_id FROM statuses AS d
        WHERE d.workspace_id = c.workspace_id AND lower(d.status) = lower(c.from_status)
            AND d.scope_id IN (c.list_id, l.folder_id, l.space_id)
        ORDER BY d.scope_type = 'list' DESC, d.scope_type = 'folder' DESC
        LIMIT 1
    ) AS was ON true
    LEFT JOIN LATERAL (
        SELECT d.status_id FROM statuses AS d
        WHERE d.workspace_id = c.workspace_id AND lower(d.status) = lower(c.to_status)
            AND d.scope_id IN (c.list_id, l.folder_id, l.space_id)
        ORDER BY d.scope_type = 'list' DESC, d.scope_type = 'folder' DESC
        LIMIT 1
    ) AS became ON true
    UNION ALL
    SELECT o.workspace_id, o.task_id, o.date_updated, NULL, NULL,
        o.status, o.status_type, o.status_id, o.status, o.status_type, o.status_id
    FROM status_observations AS o
    UNION ALL
    SELECT t.workspace_id, t.id, t.date_updated, NULL, NULL,
        t.status, t.status_type, t.status_id, t.status, t.status_type, t.status_id
    FROM tasks AS t
    WHERE t.status IS NOT NULL AND t.date_updated IS NOT NULL
),
chain AS (
    SELECT f.*,
        lag(f.moment) OVER in_order AS last_moment,
        lag(f.to_status) OVER in_order AS last_status,
        lag(f.to_status_type) OVER in_order AS last_status_type,
        lag(f.to_status_id) OVER in_order AS last_status_id
    FROM facts AS f
    WINDOW in_order AS (
        -- A task that was read as of the moment of a change shows what came of it.
        PARTITION BY f.workspace_id, f.task_id ORDER BY f.moment, f.change_id NULLS LAST
    )
),
steps AS (
    SELECT workspace_id, task_id, change_id, from_status, from_status_type, to_status,
        to_status_type, moment AS changed_at, moment AS changed_after, user_id,
        FALSE AS is_inferred
    FROM chain
    WHERE change_id IS NOT NULL
    UNION ALL
    SELECT workspace_id, task_id, NULL, last_status, last_status_type, from_status,
        from_status_type, moment, last_moment, NULL, TRUE
    FROM chain
    WHERE lower(last_status) <> lower(from_status)
        AND coalesce(last_status_id <> from_status_id, TRUE)
)
SELECT s.workspace_id, s.task_id, s.change_id,
    s.from_status, s.from_status_type, coalesce(f.status_group, 'UNDEFINED') AS from_status_group,
    s.to_status, s.to_status_type, coalesce(t.status_group, 'UNDEFINED') AS to_status_group,
    s.changed_at, s.changed_after, s.user_id, s.is_inferred
FROM steps AS s
LEFT JOIN status_groups AS f ON f.status_type = s.from_status_type
LEFT JOIN status_groups AS t ON t.status_type = s.to_status_type;
COMMENT ON VIEW status_transitions IS
    'Each change of a task''s status, in the order of changed_at: exact ones, as webhooks told, and inferred ones where these leave a gap that a reading of the task shows';
COMMENT ON COLUMN status_transitions.changed_at IS
    'When it changed; of an inferred one the latest moment at which it can have changed';
COMMENT ON COLUMN status_transitions.changed_after IS
    'Of an inferred one the moment after which it changed, else the same as changed_at';
COMMENT ON COLUMN status_transitions.user_id IS 'Who changed it; unknown where it is inferred';
COMMENT ON COLUMN status_transitions.from_status IS 'Null for a new task';
