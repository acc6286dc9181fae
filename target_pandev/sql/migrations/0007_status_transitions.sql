-- Which status a task was in, and since when: exact where a webhook told, inferred in between.

CREATE VIEW status_transitions AS
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

CREATE VIEW status_durations AS
SELECT d.workspace_id, d.task_id, d.status, d.status_type, d.status_group, d.started_at, d.ended_at,
    (extract(EPOCH FROM coalesce(d.ended_at, now()) - d.started_at) * 1000)::bigint AS duration_ms,
    d.is_inferred
FROM (
    SELECT s.workspace_id, s.task_id, s.to_status AS status, s.to_status_type AS status_type,
        s.to_status_group AS status_group, s.changed_at AS started_at,
        lead(s.changed_at) OVER in_order AS ended_at,
        s.is_inferred OR coalesce(lead(s.is_inferred) OVER in_order, FALSE) AS is_inferred
    FROM status_transitions AS s
    WINDOW in_order AS (
        PARTITION BY s.workspace_id, s.task_id ORDER BY s.changed_at, s.is_inferred DESC, s.change_id
    )
) AS d
INNER JOIN task_overview AS o ON o.workspace_id = d.workspace_id AND o.task_id = d.task_id;
COMMENT ON VIEW status_durations IS
    'Each stay of a task in a status that began with a known transition; what came before it is not told';
COMMENT ON COLUMN status_durations.ended_at IS 'Null while the task is in the status';
COMMENT ON COLUMN status_durations.duration_ms IS 'Up to now while the task is in the status';
COMMENT ON COLUMN status_durations.is_inferred IS 'Whether its beginning or its end is';

CREATE VIEW cycle_times AS
SELECT o.workspace_id, o.task_id, o.name, o.date_created, c.started_at, c.closed_at,
    (extract(EPOCH FROM c.closed_at - c.started_at) * 1000)::bigint AS cycle_ms,
    (extract(EPOCH FROM c.closed_at - o.date_created) * 1000)::bigint AS lead_ms,
    c.reopened_count, c.is_inferred
FROM (
    SELECT s.workspace_id, s.task_id,
        min(s.changed_at) FILTER (WHERE s.to_status_group = 'IN_PROGRESS') AS started_at,
        max(s.changed_at) FILTER (
            WHERE s.to_status_group = 'CLOSED' AND s.from_status_group <> 'CLOSED'
        ) AS closed_at,
        count(*) FILTER (
            WHERE s.from_status_group = 'CLOSED' AND s.to_status_group <> 'CLOSED'
        ) AS reopened_count,
        bool_or(s.is_inferred) AS is_inferred,
        (array_agg(
            s.to_status_group ORDER BY s.changed_at DESC, s.is_inferred, s.change_id DESC
        ))[1] AS last_group
    FROM status_transitions AS s
    GROUP BY s.workspace_id, s.task_id
) AS c
INNER JOIN task_overview AS o ON o.workspace_id = c.workspace_id AND o.task_id = c.task_id
WHERE c.last_group = 'CLOSED';
COMMENT ON VIEW cycle_times IS
    'Of each closed task: from the first time it came into progress to the last time it was closed';
COMMENT ON COLUMN cycle_times.cycle_ms IS 'Null where the task was never seen in progress';
COMMENT ON COLUMN cycle_times.lead_ms IS 'From its creation to the last time it was closed';
COMMENT ON COLUMN cycle_times.is_inferred IS 'Whether any of its transitions is';
