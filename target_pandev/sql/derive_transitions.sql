-- Derive the status transitions of the touched tasks: exact ones from webhooks, inferred ones where
-- something else shows a status that the exact ones do not explain. The first one is from null.
--
-- * A point is what is known of a task's status at a time: a change, or a version that was read.
--   ClickUp's dates give further ones: the creation, with a status that is not known, the closing
--   (of a task that was done before it was closed, the time at which it was done),
--   and the times since which a task was in its statuses (time_in_status), as far as they are before
--   everything that was read.
-- * Each point is compared with the one before: a version shows a transition if its status is another
--   one, a change shows a second one if it begins with another one.
-- * A renamed status keeps its id. A change has none: it is that of the version after it, or else of
--   the status of that name in the workflow.
-- * Whether statuses of two names are one is looked up only where names differ.
-- * A status is looked up by its name in each scope of the list in turn: with IN, a planner without
--   statistics reads the statuses of that name in all lists.
-- * A task of which only its row is known has at most one transition, and no points to compare: it
--   had its present status when it was closed, or else when it was edited last.
-- * Stored rows that are right already are left untouched.
-- * Rows are looked up by key whatever the planner expects: OFFSET 0 keeps a subquery as it is, and
--   IN in a list of columns, as NOT IN, is a hash table.
WITH touched AS MATERIALIZED (
    SELECT pg_catalog.row_number() OVER () AS task, k.workspace_id, k.task_id
    FROM (
        SELECT DISTINCT k.workspace_id, k.task_id FROM pg_temp.touched_tasks AS k WHERE k.is_changed
    ) AS k
),
changes AS MATERIALIZED (
    SELECT k.task, c.*
    FROM touched AS k
    CROSS JOIN LATERAL (
        SELECT c.*
        FROM task_changes AS c
        WHERE c.workspace_id = k.workspace_id AND c.task_id = k.task_id AND c.field = 'status'
        OFFSET 0
    ) AS c
),
versions AS MATERIALIZED (
    SELECT k.task, v.*
    FROM touched AS k
    CROSS JOIN LATERAL (
        SELECT v.workspace_id, v.task_id, v.date_updated, v.status, v.status_type, v.status_id,
            v.list_id, v.read_at
        FROM task_versions AS v
        WHERE v.workspace_id = k.workspace_id AND v.task_id = k.task_id AND v.status IS NOT NULL
        OFFSET 0
    ) AS v
),
times AS MATERIALIZED (
    SELECT k.task, s.*
    FROM touched AS k
    CROSS JOIN LATERAL (
        SELECT s.workspace_id, s.task_id, s.status, s.since
        FROM time_in_status AS s
        WHERE s.workspace_id = k.workspace_id AND s.task_id = k.task_id AND s._sdc_deleted_at IS NULL
        OFFSET 0
    ) AS s
),
touched_rows AS MATERIALIZED (
    SELECT t.*,
        CASE
            WHEN t.status_type = 'done' OR t.status_type = 'closed' AND d.is_unknown THEN t.date_done
            WHEN t.status_type = 'closed' THEN t.date_closed
        END AS closed_at
    FROM (
        SELECT k.task, t.*,
            k.task IN (
                SELECT c.task FROM changes AS c
                UNION ALL
                SELECT v.task FROM versions AS v
                UNION ALL
                SELECT s.task FROM times AS s
            ) AS has_history
        FROM touched AS k
        CROSS JOIN LATERAL (
            SELECT t.workspace_id, t.id AS task_id, t.status, t.status_type, t.status_id, t.list_id,
                t.date_created, t.date_updated, t.date_closed, t.date_done
            FROM tasks AS t
            WHERE t.workspace_id = k.workspace_id AND t.id = k.task_id
            OFFSET 0
        ) AS t
        OFFSET 0
    ) AS t
    CROSS JOIN LATERAL (
        -- Nothing else is known of the time from done to closed: then the closing is that of done.
        SELECT t.date_done < t.date_closed AND NOT (
            t.has_history AND (
                EXISTS (
                    SELECT FROM task_versions AS v
                    WHERE v.workspace_id = t.workspace_id AND v.task_id = t.task_id
                        AND v.status IS NOT NULL AND v.status_type IS DISTINCT FROM 'closed'
                        AND v.date_updated BETWEEN
                        t.date_done - INTERVAL '1 second' AND t.date_closed
                )
                OR EXISTS (
                    SELECT FROM task_changes AS c
                    WHERE c.workspace_id = t.workspace_id AND c.task_id = t.task_id
                        AND c.field = 'status' AND c.changed_at BETWEEN
                        t.date_done - INTERVAL '1 second' AND t.date_closed + INTERVAL '1 second'
                )
                OR EXISTS (
                    SELECT FROM time_in_status AS s
                    WHERE s.workspace_id = t.workspace_id AND s.task_id = t.task_id
                        AND s._sdc_deleted_at IS NULL
                        AND s.since BETWEEN t.date_done - INTERVAL '1 second' AND t.date_closed
                )
            )
        ) AS is_unknown
    ) AS d
),
points AS (
    -- The order at the same time: the creation (0), then changes (1), whose ids are numbers of
    -- different lengths, then versions (2), which show the status after the change: the present row
    -- after those that were read before it.
    SELECT c.task, c.workspace_id, c.task_id, c.changed_at AS occurred_at,
        1 AS rank, pg_catalog.length(c.id) AS id_length, c.id AS change_id,
        c.from_value AS from_status, c.from_status_type, c.to_value AS status,
        c.to_status_type AS status_type, NULL::text AS status_id, c.list_id, c.user_id,
        FALSE AS has_exact_time, NULL::timestamptz AS read_at
    FROM changes AS c
    UNION ALL
    SELECT v.task, v.workspace_id, v.task_id, v.date_updated, 2, 0, NULL, NULL, NULL,
        v.status, v.status_type, v.status_id, v.list_id, NULL, FALSE, v.read_at
    FROM versions AS v
    UNION ALL
    SELECT t.task, t.workspace_id, t.task_id, t.date_updated, 2, 0, NULL, NULL, NULL,
        t.status, t.status_type, t.status_id, t.list_id, NULL, FALSE, 'infinity'
    FROM touched_rows AS t
    WHERE t.has_history AND t.status IS NOT NULL
    UNION ALL
    SELECT t.task, t.workspace_id, t.task_id, t.date_created, 0, 0, NULL, NULL, NULL,
        NULL, NULL, NULL, t.list_id, NULL, TRUE, NULL
    FROM touched_rows AS t
    WHERE t.has_history AND t.status IS NOT NULL AND t.date_created <= t.date_updated
    UNION ALL
    SELECT t.task, t.workspace_id, t.task_id, t.closed_at, 2, 0, NULL, NULL, NULL,
        t.status, t.status_type, t.status_id, t.list_id, NULL, TRUE, NULL
    FROM touched_rows AS t
    WHERE t.has_history AND t.status IS NOT NULL
        AND t.closed_at < t.date_updated - INTERVAL '1 second'
    UNION ALL
    SELECT t.task, t.workspace_id, t.task_id, s.since, 2, 0, NULL, NULL, NULL,
        s.status, d.status_type, d.status_id, t.list_id, NULL, TRUE, NULL
    FROM touched_rows AS t
    CROSS JOIN LATERAL (
        SELECT s.status, s.since
        FROM time_in_status AS s
        WHERE s.workspace_id = t.workspace_id AND s.task_id = t.task_id
            AND s._sdc_deleted_at IS NULL
            AND s.since < least(
                t.date_updated,
                t.closed_at,
                (
                    SELECT pg_catalog.min(v.date_updated)
                    FROM task_versions AS v
                    WHERE v.workspace_id = s.workspace_id AND v.task_id = s.task_id
                        AND v.status IS NOT NULL
                ),
                (
                    SELECT pg_catalog.min(c.changed_at)
                    FROM task_changes AS c
                    WHERE c.workspace_id = s.workspace_id AND c.task_id = s.task_id
                        AND c.field = 'status'
                )
            )
        OFFSET 0
    ) AS s
    LEFT JOIN LATERAL (
        SELECT l.folder_id, l.space_id, f.parent_folder_id
        FROM lists AS l
        LEFT JOIN folders AS f ON f.workspace_id = l.workspace_id AND f.id = l.folder_id
        WHERE l.workspace_id = t.workspace_id AND l.id = t.list_id
        OFFSET 0
    ) AS l ON TRUE
    LEFT JOIN LATERAL (
        SELECT d.status_id, d.status_type
        FROM (
            VALUES (t.list_id), (l.folder_id), (l.parent_folder_id), (l.space_id)
        ) AS p (scope_id)
        CROSS JOIN LATERAL (
            SELECT d.*
            FROM statuses AS d
            WHERE d.workspace_id = t.workspace_id AND d.scope_id = p.scope_id
                AND pg_catalog.lower(d.status) = pg_catalog.lower(s.status)
            OFFSET 0
        ) AS d
        ORDER BY d.scope_type = 'list' DESC, d.scope_id = l.folder_id DESC,
            d.scope_type = 'folder' DESC, d.status
        LIMIT 1
    ) AS d ON TRUE
    WHERE t.has_history
),
steps AS (
    SELECT p.*,
        CASE WHEN p.rank = 1 THEN p.from_status ELSE p.status END AS begin_status,
        CASE WHEN p.rank = 1 THEN p.from_status_type ELSE p.status_type END AS begin_status_type,
        pg_catalog.lag(p.occurred_at) OVER in_order AS last_occurred_at,
        pg_catalog.lag(p.rank) OVER in_order AS last_rank,
        pg_catalog.lag(p.status) OVER in_order AS last_status,
        pg_catalog.lag(p.status_type) OVER in_order AS last_status_type,
        pg_catalog.lag(p.status_id) OVER in_order AS last_status_id,
        pg_catalog.lead(p.occurred_at) OVER in_order AS next_occurred_at,
        pg_catalog.lead(CASE WHEN p.rank = 1 THEN p.status END) OVER in_order AS next_change_to,
        pg_catalog.lead(p.status) OVER in_order AS next_status,
        pg_catalog.lead(p.status_id) OVER in_order AS next_status_id
    FROM points AS p
    WHERE p.occurred_at IS NOT NULL
    WINDOW in_order AS (
        PARTITION BY p.task
        ORDER BY p.occurred_at, p.rank, p.id_length, p.change_id, p.has_exact_time DESC,
            p.read_at, p.status
    )
),
transitions AS (
    SELECT s.*, e.is_exact,
        pg_catalog.row_number() OVER in_order AS number,
        pg_catalog.lead(s.occurred_at) OVER in_order AS next_changed_at,
        pg_catalog.lead(NOT e.is_exact) OVER in_order AS next_is_inferred
    FROM steps AS s
    CROSS JOIN (VALUES (FALSE), (TRUE)) AS e (is_exact)
    WHERE CASE
        WHEN e.is_exact THEN s.rank = 1
        WHEN s.last_status IS NULL
            THEN s.last_occurred_at IS NOT NULL AND s.begin_status IS NOT NULL
        WHEN pg_catalog.lower(s.last_status) = pg_catalog.lower(s.begin_status) THEN FALSE
        WHEN s.begin_status IS NULL THEN FALSE
        -- ClickUp's dates of a task and of the change that made it may differ by some milliseconds:
        -- a version that shows the status after the next change is not one before it.
        WHEN s.rank = 2 AND s.next_occurred_at <= s.occurred_at + INTERVAL '1 second'
            AND pg_catalog.lower(s.next_change_to) = pg_catalog.lower(s.status) THEN FALSE
        WHEN s.rank = 1 AND s.last_rank = 2
            AND s.occurred_at <= s.last_occurred_at + INTERVAL '1 second'
            AND pg_catalog.lower(s.last_status) = pg_catalog.lower(s.status) THEN FALSE
        WHEN s.status_id IS NULL AND s.last_status_id IS NULL THEN NOT EXISTS (
            SELECT
            FROM lists AS l
            LEFT JOIN folders AS f ON f.workspace_id = l.workspace_id AND f.id = l.folder_id
            CROSS JOIN LATERAL (
                VALUES (l.id), (l.folder_id), (f.parent_folder_id), (l.space_id)
            ) AS p (scope_id)
            CROSS JOIN LATERAL (
                SELECT d.status_id
                FROM statuses AS d
                WHERE d.workspace_id = l.workspace_id AND d.scope_id = p.scope_id
                    AND pg_catalog.lower(d.status) = pg_catalog.lower(s.begin_status)
                OFFSET 0
            ) AS d
            CROSS JOIN LATERAL (
                SELECT e.status
                FROM statuses AS e
                WHERE e.workspace_id = l.workspace_id AND e.status_id = d.status_id
                OFFSET 0
            ) AS e
            WHERE l.workspace_id = s.workspace_id AND l.id = s.list_id
                AND pg_catalog.lower(e.status) = pg_catalog.lower(s.last_status)
            OFFSET 0
        )
        WHEN s.status_id IS NULL OR s.last_status_id IS NULL THEN NOT EXISTS (
            SELECT
            FROM statuses AS d
            WHERE d.workspace_id = s.workspace_id
                AND d.status_id = coalesce(s.status_id, s.last_status_id)
                AND pg_catalog.lower(d.status) = pg_catalog.lower(
                    CASE WHEN s.status_id IS NULL THEN s.begin_status ELSE s.last_status END
                )
            OFFSET 0
        )
        ELSE s.last_status_id <> s.status_id
    END
    WINDOW in_order AS (
        PARTITION BY s.task
        ORDER BY s.occurred_at, s.rank, s.id_length, s.change_id, s.has_exact_time DESC,
            s.read_at, s.status, e.is_exact
    )
),
found AS (
    SELECT s.task, s.workspace_id, s.task_id, s.number,
        CASE WHEN s.is_exact THEN s.change_id END AS change_id,
        CASE WHEN s.is_exact THEN s.from_status ELSE s.last_status END AS from_status,
        CASE WHEN s.is_exact THEN s.from_status_type ELSE s.last_status_type END AS from_status_type,
        CASE WHEN s.is_exact THEN s.status ELSE s.begin_status END AS to_status,
        CASE WHEN s.is_exact THEN s.status_type ELSE s.begin_status_type END AS to_status_type,
        s.occurred_at AS changed_at,
        CASE WHEN s.is_exact OR s.has_exact_time THEN s.occurred_at ELSE s.last_occurred_at END
            AS changed_after,
        CASE WHEN s.is_exact THEN s.user_id END AS user_id,
        NOT s.is_exact AS is_inferred,
        s.next_changed_at,
        s.next_is_inferred,
        CASE
            WHEN s.rank = 2 THEN s.status_id
            WHEN s.is_exact AND pg_catalog.lower(s.next_status) = pg_catalog.lower(s.status)
                THEN s.next_status_id
        END AS status_id,
        s.list_id,
        CASE
            WHEN NOT s.is_exact AND s.last_status IS NULL AND s.begin_status_type IN ('done', 'closed')
                THEN (
                    SELECT t.date_done
                    FROM tasks AS t
                    WHERE t.workspace_id = s.workspace_id AND t.id = s.task_id
                )
        END AS done_at
    FROM transitions AS s
    UNION ALL
    SELECT t.task, t.workspace_id, t.task_id, 1, NULL, NULL, NULL, t.status, t.status_type,
        CASE WHEN c.is_known THEN t.closed_at ELSE t.date_updated END,
        CASE WHEN c.is_known THEN t.closed_at ELSE t.date_created END,
        NULL, TRUE, NULL, NULL, t.status_id, t.list_id,
        CASE WHEN t.status_type IN ('done', 'closed') THEN t.date_done END
    FROM touched_rows AS t
    CROSS JOIN LATERAL (
        SELECT t.closed_at >= t.date_created AND t.closed_at < t.date_updated - INTERVAL '1 second'
            AS is_known
    ) AS c
    WHERE NOT t.has_history AND t.status IS NOT NULL AND t.date_created <= t.date_updated
),
identified AS MATERIALIZED (
    SELECT n.*,
        coalesce(
            n.status_id,
            (
                SELECT d.status_id
                FROM (VALUES (n.list_id)) AS k (list_id)
                LEFT JOIN lists AS l ON l.workspace_id = n.workspace_id AND l.id = k.list_id
                LEFT JOIN folders AS f ON f.workspace_id = l.workspace_id AND f.id = l.folder_id
                CROSS JOIN LATERAL (
                    VALUES (k.list_id), (l.folder_id), (f.parent_folder_id), (l.space_id)
                ) AS p (scope_id)
                CROSS JOIN LATERAL (
                    SELECT d.*
                    FROM statuses AS d
                    WHERE d.workspace_id = n.workspace_id AND d.scope_id = p.scope_id
                        AND pg_catalog.lower(d.status) = pg_catalog.lower(n.to_status)
                    OFFSET 0
                ) AS d
                ORDER BY d.scope_type = 'list' DESC, d.scope_id = l.folder_id DESC,
                    d.scope_type = 'folder' DESC, d.status
                LIMIT 1
            )
        ) AS to_status_id
    FROM found AS n
),
renamed AS MATERIALIZED (
    SELECT i.workspace_id, i.to_status_id, i.to_status
    FROM (SELECT DISTINCT i.workspace_id, i.to_status_id, i.to_status FROM identified AS i) AS i
    WHERE EXISTS (
        SELECT
        FROM statuses AS n
        WHERE n.workspace_id = i.workspace_id AND n.status_id = i.to_status_id
            AND n.status <> i.to_status
        OFFSET 0
    )
),
stored AS MATERIALIZED (
    SELECT k.task, t.*
    FROM touched AS k
    CROSS JOIN LATERAL (
        SELECT t.workspace_id, t.task_id, t.number
        FROM task_transitions AS t
        WHERE t.workspace_id = k.workspace_id AND t.task_id = k.task_id
        OFFSET 0
    ) AS t
),
derived AS MATERIALIZED (
    SELECT i.*,
        (i.task, i.number) IN (SELECT s.task, s.number FROM stored AS s) AS is_stored,
        CASE
            WHEN (i.workspace_id, i.to_status_id, i.to_status) IN (
                SELECT r.workspace_id, r.to_status_id, r.to_status FROM renamed AS r
            ) THEN (
                SELECT n.status
                FROM statuses AS n
                WHERE n.workspace_id = i.workspace_id AND n.status_id = i.to_status_id
                ORDER BY n._sdc_extracted_at DESC, n.status
                LIMIT 1
            )
            ELSE i.to_status
        END AS to_status_now
    FROM identified AS i
),
deleted AS (
    DELETE FROM task_transitions AS o
    WHERE (o.workspace_id, o.task_id, o.number) IN (
        SELECT s.workspace_id, s.task_id, s.number
        FROM stored AS s
        WHERE (s.task, s.number) NOT IN (SELECT d.task, d.number FROM derived AS d)
    )
),
inserted AS (
    INSERT INTO task_transitions (
        workspace_id, task_id, number, change_id, from_status, from_status_type, to_status,
        to_status_type, changed_at, changed_after, user_id, is_inferred, next_changed_at,
        next_is_inferred, to_status_id, to_status_now, done_at
    )
    SELECT d.workspace_id, d.task_id, d.number, d.change_id, d.from_status, d.from_status_type,
        d.to_status, d.to_status_type, d.changed_at, d.changed_after, d.user_id, d.is_inferred,
        d.next_changed_at, d.next_is_inferred, d.to_status_id, d.to_status_now, d.done_at
    FROM derived AS d
    WHERE NOT d.is_stored
)
INSERT INTO task_transitions AS o
SELECT d.workspace_id, d.task_id, d.number, d.change_id, d.from_status, d.from_status_type,
    d.to_status, d.to_status_type, d.changed_at, d.changed_after, d.user_id, d.is_inferred,
    d.next_changed_at, d.next_is_inferred, d.to_status_id, d.to_status_now, d.done_at
FROM derived AS d
WHERE d.is_stored
ON CONFLICT (workspace_id, task_id, number) DO UPDATE SET
    change_id = excluded.change_id,
    from_status = excluded.from_status,
    from_status_type = excluded.from_status_type,
    to_status = excluded.to_status,
    to_status_type = excluded.to_status_type,
    changed_at = excluded.changed_at,
    changed_after = excluded.changed_after,
    user_id = excluded.user_id,
    is_inferred = excluded.is_inferred,
    next_changed_at = excluded.next_changed_at,
    next_is_inferred = excluded.next_is_inferred,
    to_status_id = excluded.to_status_id,
    to_status_now = excluded.to_status_now,
    done_at = excluded.done_at
WHERE o.* IS DISTINCT FROM excluded.*
