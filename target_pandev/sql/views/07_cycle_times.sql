-- Cycle and lead time of each closed task: from its transitions, or from ClickUp's dates of the task
-- if it was closed when it was read for the first time and its time in status is not known.
--
-- A row begins with the transition since which the task is closed (e): it closes the task, and none
-- after it opens or closes it again. It is looked for by itself, and the other transitions are only
-- read if a column depends on them (p), so that the newest closings are read by the index on their time, and
-- all of them fast. OFFSET 0, because PostgreSQL would read all transitions to answer at once for all tasks.
-- CASE, because it expects half of the rows of it, whatever is in it.
-- Cost: for each closed task its transitions by key, and task_overview, by key for one task or the
-- newest ones (task_activity says why a LEFT JOIN does that).

CREATE OR REPLACE VIEW cycle_times AS
SELECT c.workspace_id, c.task_id, c.name, c.date_created, c.started_after, c.started_at, c.closed_at,
    (extract(EPOCH FROM c.closed_at - c.started_at) * 1000)::bigint AS elapsed_ms,
    c.active_ms,
    (extract(EPOCH FROM c.closed_at - c.date_created) * 1000)::bigint AS lead_ms,
    c.reopened_count, c.is_inferred, c.basis,
    working_ms(c.started_at, c.closed_at) AS working_ms,
    c.list_id, c.space_id, c.task_type_id,
    c.working_active_ms,
    working_ms(c.date_created, c.closed_at) AS working_lead_ms
FROM (
    SELECT e.workspace_id, e.task_id, o.name, o.date_created, o.list_id, o.space_id, o.task_type_id,
        p.reopened_count, p.is_inferred,
        CASE WHEN p.is_from_dates THEN 'dates' ELSE 'transitions' END AS basis,
        CASE WHEN p.is_from_dates THEN o.date_created ELSE p.started_after END AS started_after,
        CASE WHEN p.is_from_dates THEN o.date_created ELSE p.started_at END AS started_at,
        coalesce(e.done_at, e.changed_at) AS closed_at,
        CASE WHEN NOT p.is_from_dates THEN p.active_ms END AS active_ms,
        CASE WHEN NOT p.is_from_dates THEN p.working_active_ms END AS working_active_ms
    FROM task_transitions AS e
    LEFT JOIN task_overview AS o ON o.workspace_id = e.workspace_id AND o.task_id = e.task_id
    CROSS JOIN (
        SELECT
            ARRAY(SELECT g.status_type FROM status_groups AS g WHERE g.status_group = 'IN_PROGRESS')
                AS in_progress,
            ARRAY(SELECT g.status_type FROM status_groups AS g WHERE g.status_group = 'CLOSED') AS closed
    ) AS g
    LEFT JOIN LATERAL (
        SELECT
            pg_catalog.min(s.changed_after) FILTER (WHERE s.is_in_progress) AS started_after,
            pg_catalog.min(s.changed_at) FILTER (WHERE s.is_in_progress) AS started_at,
            pg_catalog.count(*) FILTER (WHERE s.was_closed AND s.is_closed IS NOT TRUE) AS reopened_count,
            (extract(EPOCH FROM pg_catalog.sum(s.next_changed_at - s.changed_at) FILTER (
                WHERE s.is_in_progress
            )) * 1000)::bigint AS active_ms,
            pg_catalog.sum(working_ms(s.changed_at, s.next_changed_at)) FILTER (
                WHERE s.is_in_progress
            )::bigint AS working_active_ms,
            pg_catalog.bool_or(
                s.is_inferred AND (s.from_status IS NOT NULL OR s.is_in_progress OR s.is_closed)
            ) AS is_inferred,
            pg_catalog.bool_or(s.is_inferred AND s.from_status IS NULL AND s.is_closed) AS is_from_dates
        FROM (
            SELECT s.from_status, s.changed_at, s.changed_after, s.next_changed_at, s.is_inferred,
                s.to_status_type = ANY (g.in_progress) AS is_in_progress,
                s.to_status_type = ANY (g.closed) AS is_closed,
                s.from_status IS NOT NULL AND s.from_status_type = ANY (g.closed) AS was_closed
            FROM task_transitions AS s
            WHERE s.workspace_id = e.workspace_id AND s.task_id = e.task_id
            OFFSET 0
        ) AS s
    ) AS p ON TRUE
    WHERE e.to_status_type = ANY (g.closed)
        AND CASE
            WHEN e.from_status IS NOT NULL AND e.from_status_type = ANY (g.closed) THEN NOT EXISTS (
                SELECT
                FROM task_transitions AS s
                WHERE s.workspace_id = e.workspace_id AND s.task_id = e.task_id
                    AND s.number = e.number - 1 AND s.to_status_type = ANY (g.closed)
                OFFSET 0
            )
            ELSE TRUE
        END
        AND CASE
            WHEN e.next_changed_at IS NOT NULL THEN NOT EXISTS (
                SELECT
                FROM task_transitions AS s
                WHERE s.workspace_id = e.workspace_id AND s.task_id = e.task_id AND s.number > e.number
                    AND (
                        s.to_status_type = ANY (g.closed) AND s.from_status IS NOT NULL
                        AND s.from_status_type = ANY (g.closed)
                    ) IS NOT TRUE
                OFFSET 0
            )
            ELSE TRUE
        END
        AND pg_catalog.num_nonnulls(o.task_id) <> 0
) AS c;
COMMENT ON VIEW cycle_times IS
    'For each closed task: from its first start to its last close';
COMMENT ON COLUMN cycle_times.started_at IS
    'When it was first in progress; the latest possible time if that is inferred. Null if it is known never to have been in progress';
COMMENT ON COLUMN cycle_times.started_after IS 'The earliest possible time of started_at';
COMMENT ON COLUMN cycle_times.elapsed_ms IS
    'From started_at to closed_at, pauses included; the longest possible time if basis is dates';
COMMENT ON COLUMN cycle_times.active_ms IS
    'Time in statuses of the group IN_PROGRESS; null if basis is dates';
COMMENT ON COLUMN cycle_times.lead_ms IS 'From its creation to the last time it was closed';
COMMENT ON COLUMN cycle_times.is_inferred IS
    'Whether a transition is inferred, other than its first status if that is an open one';
COMMENT ON COLUMN cycle_times.basis IS
    'transitions; or dates if nothing is known before the closing, so that the task counts as in progress since its creation';
COMMENT ON COLUMN cycle_times.working_ms IS
    'The part of elapsed_ms within working hours (table reporting)';
COMMENT ON COLUMN cycle_times.working_active_ms IS 'The part of active_ms within working hours';
COMMENT ON COLUMN cycle_times.working_lead_ms IS 'The part of lead_ms within working hours';
COMMENT ON COLUMN cycle_times.reopened_count IS 'How often it was reopened after it had been closed';
COMMENT ON COLUMN cycle_times.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN cycle_times.task_id IS 'Short id of the task in ClickUp, unique in its workspace';
COMMENT ON COLUMN cycle_times.name IS 'Present title of the task';
COMMENT ON COLUMN cycle_times.date_created IS 'When it was created, according to ClickUp';
COMMENT ON COLUMN cycle_times.closed_at IS
    'When it was last closed; the date that ClickUp has for it if basis is dates';
COMMENT ON COLUMN cycle_times.list_id IS
    'The task''s home list; other lists it is in are in tasks.secondary_list_ids';
COMMENT ON COLUMN cycle_times.space_id IS 'Space of the home list';
COMMENT ON COLUMN cycle_times.task_type_id IS
    '0 for ClickUp''s default type, 1 for a milestone, else the id in task_types';
