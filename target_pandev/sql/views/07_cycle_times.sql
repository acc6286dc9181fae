-- Cycle and lead time of each closed task whose closing was observed.
-- Cost: that of status_transitions and task_overview, for one task too.

CREATE OR REPLACE VIEW cycle_times AS
SELECT o.workspace_id, o.task_id, o.name, o.date_created, c.started_at, c.closed_at,
    (extract(EPOCH FROM c.closed_at - c.started_at) * 1000)::bigint AS cycle_ms,
    (extract(EPOCH FROM c.closed_at - o.date_created) * 1000)::bigint AS lead_ms,
    c.reopened_count, c.is_inferred
FROM (
    SELECT s.workspace_id, s.task_id,
        pg_catalog.min(s.changed_at) FILTER (WHERE s.to_status_group = 'IN_PROGRESS') AS started_at,
        pg_catalog.max(s.changed_at) FILTER (
            WHERE s.to_status_group = 'CLOSED' AND s.from_status_group <> 'CLOSED'
        ) AS closed_at,
        pg_catalog.count(*) FILTER (
            WHERE s.from_status_group = 'CLOSED' AND s.to_status_group <> 'CLOSED'
        ) AS reopened_count,
        pg_catalog.bool_or(s.is_inferred) AS is_inferred,
        (pg_catalog.array_agg(
            s.to_status_group ORDER BY s.changed_at DESC, s.is_inferred, s.change_id DESC
        ))[1] AS last_group
    FROM status_transitions AS s
    GROUP BY s.workspace_id, s.task_id
) AS c
INNER JOIN task_overview AS o ON o.workspace_id = c.workspace_id AND o.task_id = c.task_id
WHERE c.last_group = 'CLOSED';
COMMENT ON VIEW cycle_times IS
    'For each closed task whose closing was observed: from its first start to its last close';
COMMENT ON COLUMN cycle_times.cycle_ms IS 'Null if the task was never seen in progress';
COMMENT ON COLUMN cycle_times.lead_ms IS 'From its creation to the last time it was closed';
COMMENT ON COLUMN cycle_times.is_inferred IS 'Whether any of its transitions is inferred';
