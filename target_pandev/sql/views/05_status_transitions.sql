-- Status changes of each task: exact ones from webhooks, inferred ones where something else shows a
-- status that the exact ones do not explain. The first transition of a task is from null.
--
-- Every known status of a task at a time is a point: two for a change, before and after it, and one
-- for each version that was read. ClickUp's dates give further ones: the creation, with a status that
-- is not known, the closing, and the times since which a task was in its statuses (time_in_status),
-- as far as they are before everything that was read. Each point is compared with the one before.
-- Cost: one sort; for one task its changes, versions, times in status and row by key. Statuses are
-- looked up only where names differ: a renamed status keeps its id.

CREATE OR REPLACE VIEW status_transitions AS
WITH points AS (
    -- The order at the same time: the creation (0), then changes (1), whose ids are numbers of
    -- different lengths, then versions (2), which show the status after the change.
    SELECT c.workspace_id, c.task_id, c.changed_at AS occurred_at,
        1 AS rank, pg_catalog.length(c.id) AS id_length, c.id AS change_id, p.is_after_change,
        p.status, p.status_type, NULL::text AS status_id, c.list_id, c.user_id,
        TRUE AS is_read, FALSE AS has_exact_time, c.to_value AS next_status
    FROM task_changes AS c
    CROSS JOIN LATERAL (
        VALUES
            (FALSE, c.from_value, c.from_status_type),
            (TRUE, c.to_value, c.to_status_type)
    ) AS p (is_after_change, status, status_type)
    WHERE c.field = 'status'
    UNION ALL
    SELECT v.workspace_id, v.task_id, v.date_updated, 2, 0, NULL, FALSE,
        v.status, v.status_type, v.status_id, v.list_id, NULL, TRUE, FALSE, NULL
    FROM task_versions AS v
    WHERE v.status IS NOT NULL
    UNION ALL
    SELECT t.workspace_id, t.id, p.occurred_at, p.rank, 0, NULL, FALSE,
        p.status, t.status_type, t.status_id, t.list_id, NULL, p.is_read, p.has_exact_time, NULL
    FROM tasks AS t
    CROSS JOIN LATERAL (
        VALUES
            (t.date_created, 0, NULL, FALSE, TRUE),
            (
                CASE
                    WHEN t.date_closed < t.date_updated - INTERVAL '1 second' AND t.status_type = 'closed'
                        THEN t.date_closed
                    WHEN t.date_done < t.date_updated - INTERVAL '1 second' AND t.status_type = 'done'
                        THEN t.date_done
                END,
                2, t.status, TRUE, TRUE
            ),
            (t.date_updated, 2, t.status, TRUE, FALSE)
    ) AS p (occurred_at, rank, status, is_read, has_exact_time)
    WHERE t.status IS NOT NULL AND p.occurred_at <= t.date_updated
    UNION ALL
    SELECT s.workspace_id, s.task_id, s.since, 2, 0, NULL, FALSE,
        s.status, d.status_type, d.status_id, t.list_id, NULL, FALSE, TRUE, NULL
    FROM time_in_status AS s
    INNER JOIN tasks AS t ON t.workspace_id = s.workspace_id AND t.id = s.task_id
    LEFT JOIN lists AS l ON l.workspace_id = t.workspace_id AND l.id = t.list_id
    LEFT JOIN LATERAL (
        SELECT d.status_id, d.status_type
        FROM statuses AS d
        WHERE d.workspace_id = t.workspace_id AND d.scope_id IN (t.list_id, l.folder_id, l.space_id)
            AND pg_catalog.lower(d.status) = pg_catalog.lower(s.status)
        ORDER BY d.scope_type = 'list' DESC, d.scope_type = 'folder' DESC
        LIMIT 1
    ) AS d ON TRUE
    WHERE s.since IS NOT NULL AND s._sdc_deleted_at IS NULL
),
ordered AS (
    SELECT p.*,
        pg_catalog.count(*) FILTER (WHERE p.is_read) OVER in_order AS read_count,
        pg_catalog.lead(p.next_status) OVER in_order AS next_change_to,
        pg_catalog.lead(p.occurred_at) OVER in_order AS next_occurred_at
    FROM points AS p
    WINDOW in_order AS (
        PARTITION BY p.workspace_id, p.task_id
        ORDER BY p.occurred_at, p.rank, p.id_length, p.change_id, p.is_after_change,
            p.has_exact_time DESC
    )
),
steps AS (
    SELECT o.*,
        pg_catalog.lag(o.occurred_at) OVER in_order AS last_occurred_at,
        pg_catalog.lag(o.status) OVER in_order AS last_status,
        pg_catalog.lag(o.status_type) OVER in_order AS last_status_type,
        pg_catalog.lag(o.status_id) OVER in_order AS last_status_id
    FROM ordered AS o
    -- ClickUp's dates of a task and of the change that made it may differ by some milliseconds: a
    -- version that shows the status after the next change is not one before it.
    WHERE (o.is_read OR o.read_count = 0)
        AND NOT (
            o.rank = 2
            AND o.next_occurred_at <= o.occurred_at + INTERVAL '1 second'
            AND coalesce(pg_catalog.lower(o.next_change_to) = pg_catalog.lower(o.status), FALSE)
        )
    WINDOW in_order AS (
        PARTITION BY o.workspace_id, o.task_id
        ORDER BY o.occurred_at, o.rank, o.id_length, o.change_id, o.is_after_change,
            o.has_exact_time DESC
    )
),
transitions AS (
    SELECT s.*,
        pg_catalog.lead(s.occurred_at) OVER in_order AS next_changed_at,
        pg_catalog.lead(NOT s.is_after_change) OVER in_order AS next_is_inferred
    FROM steps AS s
    WHERE s.is_after_change
        OR s.last_status IS NULL AND s.last_occurred_at IS NOT NULL AND s.status IS NOT NULL
        OR pg_catalog.lower(s.last_status) <> pg_catalog.lower(s.status)
            AND coalesce(s.last_status_id <> s.status_id, TRUE)
            AND NOT CASE
                WHEN s.status_id IS NULL AND s.last_status_id IS NULL THEN EXISTS (
                    SELECT
                    FROM lists AS l
                    INNER JOIN statuses AS d
                        ON d.workspace_id = l.workspace_id
                        AND d.scope_id IN (l.id, l.folder_id, l.space_id)
                    INNER JOIN statuses AS e
                        ON e.workspace_id = d.workspace_id AND e.status_id = d.status_id
                    WHERE l.workspace_id = s.workspace_id AND l.id = s.list_id
                        AND pg_catalog.lower(d.status) = pg_catalog.lower(s.status)
                        AND pg_catalog.lower(e.status) = pg_catalog.lower(s.last_status)
                )
                WHEN s.status_id IS NULL OR s.last_status_id IS NULL THEN EXISTS (
                    SELECT
                    FROM statuses AS d
                    WHERE d.workspace_id = s.workspace_id
                        AND d.status_id = coalesce(s.status_id, s.last_status_id)
                        AND pg_catalog.lower(d.status) = pg_catalog.lower(
                            CASE WHEN s.status_id IS NULL THEN s.status ELSE s.last_status END
                        )
                )
                ELSE FALSE
            END
    WINDOW in_order AS (
        PARTITION BY s.workspace_id, s.task_id
        ORDER BY s.occurred_at, s.rank, s.id_length, s.change_id, s.is_after_change,
            s.has_exact_time DESC
    )
)
SELECT s.workspace_id, s.task_id,
    CASE WHEN s.is_after_change THEN s.change_id END AS change_id,
    s.last_status AS from_status,
    CASE WHEN s.last_status IS NOT NULL THEN s.last_status_type END AS from_status_type,
    CASE WHEN s.last_status IS NOT NULL THEN coalesce(f.status_group, 'UNDEFINED') END
        AS from_status_group,
    s.status AS to_status,
    s.status_type AS to_status_type,
    coalesce(t.status_group, 'UNDEFINED') AS to_status_group,
    s.occurred_at AS changed_at,
    CASE WHEN s.is_after_change OR s.has_exact_time THEN s.occurred_at ELSE s.last_occurred_at END
        AS changed_after,
    CASE WHEN s.is_after_change THEN s.user_id END AS user_id,
    NOT s.is_after_change AS is_inferred,
    s.next_changed_at,
    s.next_is_inferred
FROM transitions AS s
LEFT JOIN status_groups AS f ON f.status_type = s.last_status_type
LEFT JOIN status_groups AS t ON t.status_type = s.status_type;
COMMENT ON VIEW status_transitions IS
    'Each status change of a task, in the order of changed_at: exact ones from webhooks, and inferred ones where a version, a date of the task or its time in status shows that one is missing';
COMMENT ON COLUMN status_transitions.changed_at IS
    'When the status changed; for an inferred change the latest possible time';
COMMENT ON COLUMN status_transitions.changed_after IS
    'For an inferred change the earliest possible time, otherwise the same as changed_at';
COMMENT ON COLUMN status_transitions.user_id IS 'The user who changed the status; null for an inferred change';
COMMENT ON COLUMN status_transitions.from_status IS
    'Null for the first known status of a task';
COMMENT ON COLUMN status_transitions.next_changed_at IS
    'When the task left the status again; null for its present status';
COMMENT ON COLUMN status_transitions.next_is_inferred IS 'Whether that transition is inferred';
