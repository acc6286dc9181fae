-- Changes of a task's list, assignees, priority, points, estimate and due date: exact ones from webhooks,
-- inferred ones where two versions of the task that were read after each other differ.
--
-- * A version with the date of the version before it counts from when it was read, because ClickUp does not
--   date every change.
-- * Where webhooks reported changes of a field, the versions of the task are compared with them: one shows a
--   change if its value is not the last one, and a change shows another one if it begins with another value.
--   Each assignee is a row, as webhooks report them, and is compared on its own.
-- * ClickUp's dates of a version and of the change that made it may differ by some milliseconds.
-- Tasks come before their workspace in each sort: comparing texts that are mostly equal costs a fifth.
-- Cost: for one task its row, versions and changes by key. In full all versions of all tasks.

CREATE OR REPLACE VIEW task_field_changes AS
WITH versions AS NOT MATERIALIZED (
    SELECT v.workspace_id, v.task_id, v.date_updated, v.read_at, v.list_id, v.assignee_ids, v.priority,
        v.points, v.time_estimate_ms, v.due_date, FALSE AS is_present
    FROM task_versions AS v
    WHERE NOT v.has_status_only
    UNION ALL
    SELECT t.workspace_id, t.id, t.date_updated, t._sdc_extracted_at, t.list_id, t.assignee_ids, t.priority,
        t.points, t.time_estimate_ms, t.due_date, TRUE
    FROM tasks AS t
    WHERE t.date_updated IS NOT NULL
),
dated AS NOT MATERIALIZED (
    SELECT v.*,
        CASE
            WHEN v.date_updated = pg_catalog.lag(v.date_updated) OVER in_order
                THEN least(greatest(v.read_at, v.date_updated), pg_catalog.lead(v.date_updated) OVER in_order)
            ELSE v.date_updated
        END AS occurred_at
    FROM versions AS v
    WINDOW in_order AS (
        PARTITION BY v.task_id, v.workspace_id ORDER BY v.date_updated, v.read_at, v.is_present
    )
),
reported AS NOT MATERIALIZED (
    SELECT c.workspace_id, c.task_id, c.field, c.id AS change_id, c.changed_at, c.user_id,
        CASE WHEN c.field = 'assignee_ids' THEN coalesce(c.from_value, c.to_value) ELSE '' END AS key,
        CASE WHEN c.field = 'due_date' THEN iso_text(c.from_value::timestamptz) ELSE c.from_value END
            AS from_value,
        CASE WHEN c.field = 'due_date' THEN iso_text(c.to_value::timestamptz) ELSE c.to_value END AS to_value
    FROM task_changes AS c
    WHERE c.field <> 'status'
),
steps AS NOT MATERIALIZED (
    SELECT v.*,
        pg_catalog.lag(v.occurred_at) OVER in_order AS last_occurred_at,
        pg_catalog.lag(v.list_id) OVER in_order AS last_list_id,
        pg_catalog.lag(v.assignee_ids) OVER in_order AS last_assignee_ids,
        pg_catalog.lag(v.priority) OVER in_order AS last_priority,
        pg_catalog.lag(v.points) OVER in_order AS last_points,
        pg_catalog.lag(v.time_estimate_ms) OVER in_order AS last_time_estimate_ms,
        pg_catalog.lag(v.due_date) OVER in_order AS last_due_date
    FROM dated AS v
    WINDOW in_order AS (
        PARTITION BY v.task_id, v.workspace_id ORDER BY v.date_updated, v.read_at, v.is_present
    )
)
SELECT c.workspace_id, c.task_id, c.field, c.from_value, c.to_value, c.changed_at, c.changed_after,
    c.user_id, u.is_service_user, c.is_inferred, c.change_id
FROM (
    SELECT s.workspace_id, s.task_id, d.field, d.from_value, d.to_value, s.occurred_at AS changed_at,
        s.last_occurred_at AS changed_after, NULL::text AS user_id, TRUE AS is_inferred,
        NULL::text AS change_id
    FROM steps AS s
    CROSS JOIN LATERAL (
        SELECT 'list_id' AS field, s.last_list_id AS from_value, s.list_id AS to_value
        WHERE s.last_list_id IS DISTINCT FROM s.list_id
        UNION ALL
        SELECT 'priority', s.last_priority::text, s.priority::text
        WHERE s.last_priority IS DISTINCT FROM s.priority
        UNION ALL
        SELECT 'points', pg_catalog.trim_scale(s.last_points)::text, pg_catalog.trim_scale(s.points)::text
        WHERE s.last_points IS DISTINCT FROM s.points
        UNION ALL
        SELECT 'time_estimate_ms', pg_catalog.trim_scale(s.last_time_estimate_ms)::text,
            pg_catalog.trim_scale(s.time_estimate_ms)::text
        WHERE s.last_time_estimate_ms IS DISTINCT FROM s.time_estimate_ms
        UNION ALL
        SELECT 'due_date', iso_text(s.last_due_date), iso_text(s.due_date)
        WHERE s.last_due_date IS DISTINCT FROM s.due_date
        UNION ALL
        SELECT 'assignee_ids', a.user_id, NULL
        FROM pg_catalog.jsonb_array_elements_text(s.last_assignee_ids) AS a (user_id)
        WHERE s.last_assignee_ids IS DISTINCT FROM s.assignee_ids
            AND coalesce(s.assignee_ids ? a.user_id, FALSE) IS FALSE
        UNION ALL
        SELECT 'assignee_ids', NULL, a.user_id
        FROM pg_catalog.jsonb_array_elements_text(s.assignee_ids) AS a (user_id)
        WHERE s.last_assignee_ids IS DISTINCT FROM s.assignee_ids
            AND coalesce(s.last_assignee_ids ? a.user_id, FALSE) IS FALSE
    ) AS d
    WHERE s.last_occurred_at IS NOT NULL
        AND (s.list_id, s.assignee_ids, s.priority, s.points, s.time_estimate_ms, s.due_date)
            IS DISTINCT FROM (
                s.last_list_id, s.last_assignee_ids, s.last_priority, s.last_points,
                s.last_time_estimate_ms, s.last_due_date
            )
        AND NOT EXISTS (
            SELECT
            FROM task_changes AS c
            WHERE c.workspace_id = s.workspace_id AND c.task_id = s.task_id AND c.field = d.field
                AND c.field <> 'status'
        )
    UNION ALL
    SELECT p.workspace_id, p.task_id, p.field,
        CASE WHEN e.is_inferred THEN p.last_value ELSE p.from_value END,
        CASE WHEN e.is_inferred THEN p.begin_value ELSE p.to_value END,
        p.occurred_at,
        CASE WHEN e.is_inferred THEN p.last_occurred_at ELSE p.occurred_at END,
        CASE WHEN NOT e.is_inferred THEN p.user_id END,
        e.is_inferred,
        CASE WHEN NOT e.is_inferred THEN p.change_id END
    FROM (
        SELECT p.*,
            CASE WHEN p.rank = 1 THEN p.from_value ELSE p.to_value END AS begin_value,
            pg_catalog.lag(p.occurred_at) OVER in_order AS last_occurred_at,
            pg_catalog.lag(p.rank) OVER in_order AS last_rank,
            pg_catalog.lag(p.to_value) OVER in_order AS last_value,
            pg_catalog.lead(p.occurred_at) OVER in_order AS next_occurred_at,
            pg_catalog.lead(p.rank) OVER in_order AS next_rank,
            pg_catalog.lead(p.to_value) OVER in_order AS next_value
        FROM (
            -- The order at the same time: changes (1), then versions (2), which show the task after it.
            SELECT c.workspace_id, c.task_id, c.field, c.key, c.changed_at AS occurred_at, 1 AS rank,
                pg_catalog.length(c.change_id) AS id_length, c.change_id, c.from_value, c.to_value, c.user_id
            FROM reported AS c
            UNION ALL
            SELECT s.workspace_id, s.task_id, s.field, d.key, d.occurred_at, 2, 0, NULL, NULL, d.value, NULL
            FROM (
                SELECT DISTINCT c.workspace_id, c.task_id, c.field
                FROM task_changes AS c
                WHERE c.field <> 'status'
            ) AS s
            CROSS JOIN LATERAL (
                SELECT v.occurred_at, k.key,
                    CASE s.field
                        WHEN 'list_id' THEN v.list_id
                        WHEN 'assignee_ids' THEN CASE WHEN v.assignee_ids ? k.key THEN k.key END
                        WHEN 'priority' THEN v.priority::text
                        WHEN 'time_estimate_ms' THEN pg_catalog.trim_scale(v.time_estimate_ms)::text
                        WHEN 'due_date' THEN iso_text(v.due_date)
                    END AS value
                FROM dated AS v
                CROSS JOIN LATERAL (
                    SELECT '' AS key
                    WHERE s.field <> 'assignee_ids'
                    UNION
                    SELECT c.key
                    FROM reported AS c
                    WHERE s.field = 'assignee_ids' AND c.field = s.field
                        AND c.workspace_id = s.workspace_id AND c.task_id = s.task_id
                    UNION
                    SELECT a.user_id
                    FROM versions AS w
                    CROSS JOIN LATERAL pg_catalog.jsonb_array_elements_text(w.assignee_ids) AS a (user_id)
                    WHERE s.field = 'assignee_ids'
                        AND w.workspace_id = s.workspace_id AND w.task_id = s.task_id
                ) AS k
                WHERE v.workspace_id = s.workspace_id AND v.task_id = s.task_id
                OFFSET 0
            ) AS d
        ) AS p
        WINDOW in_order AS (
            PARTITION BY p.task_id, p.key, p.field, p.workspace_id
            ORDER BY p.occurred_at, p.rank, p.id_length, p.change_id
        )
    ) AS p
    CROSS JOIN (VALUES (TRUE), (FALSE)) AS e (is_inferred)
    WHERE CASE
        WHEN NOT e.is_inferred THEN p.rank = 1
        WHEN p.last_occurred_at IS NULL OR p.begin_value IS NOT DISTINCT FROM p.last_value THEN FALSE
        WHEN p.rank = 2 AND p.next_rank = 1 AND p.next_value IS NOT DISTINCT FROM p.to_value
            THEN p.next_occurred_at > p.occurred_at + INTERVAL '1 second'
        WHEN p.rank = 1 AND p.last_rank = 2 AND p.last_value IS NOT DISTINCT FROM p.to_value
            THEN p.occurred_at > p.last_occurred_at + INTERVAL '1 second'
        ELSE TRUE
    END
) AS c
LEFT JOIN users AS u ON u.workspace_id = c.workspace_id AND u.id = c.user_id;
COMMENT ON VIEW task_field_changes IS
    'Each change of a task''s list, assignees, priority, points, estimate and due date: exact ones from webhooks, and inferred ones where versions of the task show that one is missing. Those of the status are in status_transitions';
COMMENT ON COLUMN task_field_changes.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN task_field_changes.task_id IS
    'Short id of the task in ClickUp, unique in its workspace; tasks that were deleted are included';
COMMENT ON COLUMN task_field_changes.field IS
    'Column of tasks: list_id, assignee_ids, priority, points, time_estimate_ms or due_date';
COMMENT ON COLUMN task_field_changes.from_value IS
    'Value before the change as text, null for none; of assignee_ids the user who was removed';
COMMENT ON COLUMN task_field_changes.to_value IS
    'Value after the change as text, null for none; of assignee_ids the user who was added';
COMMENT ON COLUMN task_field_changes.changed_at IS
    'When it changed; for an inferred change the latest possible time';
COMMENT ON COLUMN task_field_changes.changed_after IS
    'For an inferred change the earliest possible time, otherwise the same as changed_at';
COMMENT ON COLUMN task_field_changes.user_id IS 'The user who changed it; null for an inferred change';
COMMENT ON COLUMN task_field_changes.is_service_user IS
    'Whether that user is the one of tap-clickup''s token, not a person; null if the user is not known';
COMMENT ON COLUMN task_field_changes.is_inferred IS
    'Whether no webhook reported it, so that its time is known by bounds only';
COMMENT ON COLUMN task_field_changes.change_id IS 'Id of the change in task_changes; null for an inferred one';
