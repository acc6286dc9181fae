-- Tasks of each sprint: which of them were in it at its start, came later, or left it.
--
-- A task is in a sprint if the sprint is its list, or one of its secondary lists. It is known at a
-- list of points: each version of the task that was read, the present one, and each move that a webhook
-- reported, which knows the list alone. The last point at or before a time decides. Before the first
-- point the task is assumed to have been as it is there, or as the move says, since its creation.
-- A version with the date of the version before it counts from when it was read, because ClickUp does
-- not date every change. A deleted task is in the sprint until it was found to be deleted.
-- The status at the end is the one of status_transitions at that time, from the points alone: the
-- view itself is too slow to be read for many tasks.
-- Cost: for one sprint its tasks by index, for one task all sprints; for each of these tasks its row, its
-- versions and its changes by key. The subqueries are LATERAL so that there is no other way to read them.

CREATE OR REPLACE VIEW sprint_tasks AS
WITH members AS (
    SELECT s.workspace_id, s.sprint_id, s.name AS sprint_name, s.phase, s.committed_at, s.judged_at,
        m.task_id
    FROM sprint_periods AS s
    CROSS JOIN LATERAL (
        SELECT t.id AS task_id
        FROM tasks AS t
        WHERE t.workspace_id = s.workspace_id AND t.list_id = s.sprint_id
        UNION
        SELECT t.id
        FROM tasks AS t
        WHERE t.workspace_id = s.workspace_id
            AND t.secondary_list_ids ? s.sprint_id AND t.secondary_list_ids <> '[]'
        UNION
        SELECT v.task_id
        FROM task_versions AS v
        WHERE v.workspace_id = s.workspace_id AND v.list_id = s.sprint_id
        UNION
        SELECT v.task_id
        FROM task_versions AS v
        WHERE v.workspace_id = s.workspace_id
            AND v.secondary_list_ids ? s.sprint_id AND v.secondary_list_ids <> '[]'
        UNION
        SELECT c.task_id
        FROM task_changes AS c
        WHERE c.workspace_id = s.workspace_id AND c.from_value = s.sprint_id AND c.field = 'list_id'
        UNION
        SELECT c.task_id
        FROM task_changes AS c
        WHERE c.workspace_id = s.workspace_id AND c.to_value = s.sprint_id AND c.field = 'list_id'
    ) AS m
),
answers AS (
    SELECT m.workspace_id, m.sprint_id, m.sprint_name, m.task_id, t.name AS task_name,
        t.parent_id, t.top_level_parent_id, m.phase, h.added_points,
        CASE
            WHEN m.committed_at IS NOT NULL THEN
                e.existed_at_start
                AND (
                    CASE h.lists_at_start WHEN 0 THEN h.was_home ELSE h.is_home[h.lists_at_start] END
                    OR h.is_secondary[greatest(h.versions_at_start, 1)]
                )
        END AS is_committed,
        e.existed_at_end
            AND (
                CASE h.lists_at_end WHEN 0 THEN h.was_home ELSE h.is_home[h.lists_at_end] END
                OR h.is_secondary[greatest(h.versions_at_end, 1)]
            ) AS is_in_at_end,
        -- A task that was created later was in the sprint from then on, if it was at its first point.
        CASE
            WHEN t.date_created > m.committed_at AND t.date_created <= m.judged_at
                AND (h.was_home OR h.is_secondary[1])
                THEN t.date_created
            ELSE h.added_at
        END AS added_at,
        h.points[greatest(h.versions_at_start, 1)] AS points_at_start,
        h.points[greatest(h.versions_at_end, 1)] AS points_at_end,
        coalesce(
            (
                SELECT g.status_group
                FROM status_groups AS g
                WHERE g.status_type = CASE h.statuses_at_end
                    WHEN 0 THEN h.last_status_type
                    ELSE h.status_types[h.statuses_at_end]
                END
            ),
            'UNDEFINED'
        ) AS status_group_at_end,
        e.existed_at_start AND least(h.lists_at_start, h.versions_at_start) = 0
            OR e.existed_at_end AND least(h.lists_at_end, h.versions_at_end, h.statuses_at_end) = 0
            AS is_inferred
    FROM members AS m
    CROSS JOIN LATERAL (
        SELECT t.*
        FROM tasks AS t
        WHERE t.workspace_id = m.workspace_id AND t.id = m.task_id
        LIMIT 1
    ) AS t
    CROSS JOIN LATERAL (
        -- The values of all points in order, and how many of them there were at the start and at the end.
        SELECT
            pg_catalog.array_agg(p.is_home ORDER BY p.occurred_at, p.rank, p.id_length, p.change_id)
                FILTER (WHERE p.knows_list) AS is_home,
            (
                pg_catalog.array_agg(
                    coalesce(p.was_home, p.is_home)
                    ORDER BY p.occurred_at, p.rank, p.id_length, p.change_id
                ) FILTER (WHERE p.knows_list)
            )[1] AS was_home,
            pg_catalog.array_agg(p.is_secondary ORDER BY p.occurred_at, p.rank, p.id_length, p.change_id)
                FILTER (WHERE p.is_version) AS is_secondary,
            pg_catalog.array_agg(p.points ORDER BY p.occurred_at, p.rank, p.id_length, p.change_id)
                FILTER (WHERE p.is_version) AS points,
            pg_catalog.array_agg(p.status_type ORDER BY p.occurred_at, p.rank, p.id_length, p.change_id)
                FILTER (WHERE p.knows_status) AS status_types,
            (
                pg_catalog.array_agg(
                    p.last_status_type ORDER BY p.occurred_at, p.rank, p.id_length, p.change_id
                ) FILTER (WHERE p.knows_status)
            )[1] AS last_status_type,
            pg_catalog.array_agg(p.points ORDER BY p.occurred_at, p.rank, p.id_length, p.change_id)
                FILTER (
                    WHERE p.is_version AND (p.is_home OR p.is_secondary) AND p.occurred_at > m.committed_at
                ) AS added_points,
            pg_catalog.min(p.occurred_at) FILTER (
                WHERE (p.is_home OR p.is_secondary)
                    AND p.occurred_at > m.committed_at AND p.occurred_at <= m.judged_at
            ) AS added_at,
            pg_catalog.count(*) FILTER (WHERE p.knows_list AND p.occurred_at <= m.committed_at)::integer
                AS lists_at_start,
            pg_catalog.count(*) FILTER (WHERE p.is_version AND p.occurred_at <= m.committed_at)::integer
                AS versions_at_start,
            pg_catalog.count(*) FILTER (WHERE p.knows_list AND p.occurred_at <= m.judged_at)::integer
                AS lists_at_end,
            pg_catalog.count(*) FILTER (WHERE p.is_version AND p.occurred_at <= m.judged_at)::integer
                AS versions_at_end,
            pg_catalog.count(*) FILTER (WHERE p.knows_status AND p.occurred_at <= m.judged_at)::integer
                AS statuses_at_end
        FROM (
            -- Ranks at the same time: changes (1), then versions (2), which show the task after the
            -- change, then ClickUp's own date of the closing (3), for a task that was read later.
            SELECT 2 AS rank, 0 AS id_length, NULL AS change_id,
                CASE
                    WHEN v.date_updated = pg_catalog.lag(v.date_updated) OVER in_order
                        THEN greatest(v.read_at, v.date_updated)
                    ELSE v.date_updated
                END AS occurred_at,
                NOT v.has_status_only AS is_version, NOT v.has_status_only AS knows_list,
                coalesce(v.list_id = m.sprint_id, FALSE) AS is_home, NULL::boolean AS was_home,
                coalesce(v.secondary_list_ids ? m.sprint_id, FALSE) AS is_secondary, v.points,
                v.status IS NOT NULL AS knows_status, v.status_type, NULL AS last_status_type
            FROM (
                SELECT v.date_updated, v.read_at, v.has_status_only, v.list_id, v.secondary_list_ids,
                    v.points, v.status, v.status_type
                FROM task_versions AS v
                WHERE v.workspace_id = m.workspace_id AND v.task_id = m.task_id
                UNION ALL
                SELECT coalesce(t.date_updated, t.date_created, t._sdc_extracted_at), t._sdc_extracted_at,
                    FALSE, t.list_id, t.secondary_list_ids, t.points, t.status, t.status_type
            ) AS v
            WINDOW in_order AS (ORDER BY v.date_updated, v.read_at)
            UNION ALL
            SELECT 3, 0, NULL, CASE t.status_type WHEN 'closed' THEN t.date_closed ELSE t.date_done END,
                FALSE, FALSE, NULL, NULL, FALSE, NULL, TRUE, t.status_type, NULL
            WHERE t.status_type = 'closed' AND t.date_closed < t.date_updated
                OR t.status_type = 'done' AND t.date_done < t.date_updated
            UNION ALL
            SELECT 1, pg_catalog.length(c.id), c.id, c.changed_at, FALSE, c.field = 'list_id',
                c.field = 'list_id' AND coalesce(c.to_value = m.sprint_id, FALSE),
                c.field = 'list_id' AND coalesce(c.from_value = m.sprint_id, FALSE),
                FALSE, NULL, c.field = 'status', c.to_status_type, c.from_status_type
            FROM task_changes AS c
            WHERE c.workspace_id = m.workspace_id AND c.task_id = m.task_id
                AND c.field IN ('list_id', 'status')
        ) AS p
    ) AS h
    CROSS JOIN LATERAL (
        SELECT coalesce(t.date_created <= m.committed_at, m.committed_at IS NOT NULL)
                AND coalesce(t._sdc_deleted_at > m.committed_at, TRUE) AS existed_at_start,
            coalesce(t.date_created <= m.judged_at, TRUE)
                AND coalesce(t._sdc_deleted_at > m.judged_at, TRUE) AS existed_at_end
    ) AS e
)
SELECT a.workspace_id, a.sprint_id, a.sprint_name, a.task_id, a.task_name, a.parent_id,
    a.top_level_parent_id, a.is_committed,
    NOT a.is_committed AND a.added_at IS NOT NULL AS is_added,
    CASE WHEN NOT a.is_committed THEN a.added_at END AS added_at,
    (a.is_committed OR a.added_at IS NOT NULL) AND NOT a.is_in_at_end AS is_removed,
    a.is_in_at_end AND a.status_group_at_end = 'CLOSED' AS is_done,
    a.is_in_at_end AND a.status_group_at_end <> 'CLOSED' AND a.phase = 'ended' AS is_carried_over,
    CASE
        WHEN a.is_committed OR a.added_points IS NULL THEN a.points_at_start
        ELSE a.added_points[1]
    END AS points,
    a.points_at_end, a.status_group_at_end, a.is_inferred
FROM answers AS a;
COMMENT ON VIEW sprint_tasks IS
    'One row per sprint and task that was ever in it, by its list or a secondary list; a subtask is a row of its own. A task that was in it only before the start, or only after the end, is neither committed nor added';
COMMENT ON COLUMN sprint_tasks.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN sprint_tasks.sprint_id IS 'Id of the sprint, which is that of its list';
COMMENT ON COLUMN sprint_tasks.sprint_name IS 'Present name of the list';
COMMENT ON COLUMN sprint_tasks.task_id IS
    'Short id of the task in ClickUp, unique in its workspace';
COMMENT ON COLUMN sprint_tasks.task_name IS 'Present title of the task';
COMMENT ON COLUMN sprint_tasks.parent_id IS
    'Parent task; null for a task that is not a subtask';
COMMENT ON COLUMN sprint_tasks.top_level_parent_id IS
    'The task at the top of its tree of subtasks; null for a task that is not a subtask';
COMMENT ON COLUMN sprint_tasks.is_committed IS
    'Whether it was in the sprint at committed_at of sprint_periods; for a planned sprint now. Null without a start';
COMMENT ON COLUMN sprint_tasks.is_added IS
    'Whether it came into the sprint after committed_at, and before the end';
COMMENT ON COLUMN sprint_tasks.added_at IS
    'When it came; the latest possible time if only versions that were read show it';
COMMENT ON COLUMN sprint_tasks.is_removed IS
    'Whether it was committed or added, and not in the sprint at its end; for a running sprint now';
COMMENT ON COLUMN sprint_tasks.is_done IS
    'Whether it was in the sprint and CLOSED at the end, or is now; a task that was reopened before is not done, one that was reopened later is';
COMMENT ON COLUMN sprint_tasks.is_carried_over IS
    'Whether it was in the sprint at its end, and not done; false until the sprint has ended';
COMMENT ON COLUMN sprint_tasks.points IS
    'Its own points at the start, or for an added task when it came. ClickUp does not report the sum of its subtasks';
COMMENT ON COLUMN sprint_tasks.points_at_end IS 'Its own points at the end, or now';
COMMENT ON COLUMN sprint_tasks.status_group_at_end IS
    'OPEN, IN_PROGRESS, CLOSED or UNDEFINED; UNDEFINED too if no status is known until then';
COMMENT ON COLUMN sprint_tasks.is_inferred IS
    'Whether the start, the end or the status at the end is earlier than everything that is known of the task, which is assumed to have been as it was first seen';
