-- At which hours of the week a team works: the commits, status changes and starts of time entries of
-- each workspace's users. It is about teams: a workspace shows nothing unless five people have events,
-- and an hour of a single person is left out. There is no person, date or task to filter by.
-- A person is an employee with all addresses and users, or else an address, or a user without one. A
-- commit is its author's by the repository's .mailmap. It belongs to the workspaces in which the person
-- is a user, and counts once there, in however many repositories it is. The user of tap-clickup's token
-- is not a person, and an entry that pandev worklogs wrote does not say when anyone worked.
-- Cost: all commits, changes and time entries; for one workspace its own, and all commits.

CREATE OR REPLACE VIEW work_hours AS
WITH persons AS MATERIALIZED (
    SELECT u.workspace_id, u.id AS user_id, coalesce(a.employee_email, mail_address(u.email), u.id) AS person,
        coalesce(u.is_service_user, false) AS is_service_user
    FROM users AS u
    LEFT JOIN employee_addresses AS a ON a.address = mail_address(u.email)
)
SELECT h.workspace_id, h.weekday, h.hour, h.events, h.people
FROM (
    SELECT h.workspace_id, h.slot / 24 + 1 AS weekday, h.slot % 24 AS hour,
        pg_catalog.sum(h.events)::bigint AS events,
        pg_catalog.count(*) AS people,
        pg_catalog.max(h.workspace_people) AS workspace_people
    FROM (
        SELECT p.*, pg_catalog.max(p.number) OVER (PARTITION BY p.workspace_id) AS workspace_people
        FROM (
            SELECT e.workspace_id, e.slot, pg_catalog.sum(e.events)::bigint AS events,
                pg_catalog.dense_rank() OVER (PARTITION BY e.workspace_id ORDER BY e.person) AS number
            FROM (
                SELECT e.workspace_id, coalesce(p.person, e.user_id) AS person, e.slot, e.events
                FROM (
                    -- The hours of the week from 0: 1970 began on a Thursday, at 72.
                    SELECT e.workspace_id, e.user_id, (
                            (pg_catalog.floor(pg_catalog.date_part('epoch', e.local_time) / 3600)::bigint + 72)
                            % 168 + 168
                        )::integer % 168 AS slot, pg_catalog.count(*) AS events
                    FROM (
                        SELECT c.workspace_id, c.user_id,
                            c.changed_at AT TIME ZONE reporting_time_zone() AS local_time
                        FROM task_changes AS c
                        WHERE c.field = 'status' AND pg_catalog.isfinite(c.changed_at)
                            AND c.user_id IS NOT NULL AND c._sdc_deleted_at IS NULL
                        UNION ALL
                        SELECT t.workspace_id, t.user_id, t.started_at AT TIME ZONE reporting_time_zone()
                        FROM time_entries AS t
                        WHERE pg_catalog.isfinite(t.started_at) AND t.user_id IS NOT NULL
                            AND t.marker IS NULL AND t._sdc_deleted_at IS NULL
                    ) AS e
                    GROUP BY e.workspace_id, e.user_id, 3
                ) AS e
                LEFT JOIN persons AS p ON p.workspace_id = e.workspace_id AND p.user_id = e.user_id
                WHERE p.is_service_user IS NOT TRUE
                UNION ALL
                SELECT p.workspace_id, p.person, e.slot, e.events
                FROM (
                    SELECT c.person, (
                            (pg_catalog.floor(pg_catalog.date_part('epoch', c.local_time) / 3600)::bigint + 72)
                            % 168 + 168
                        )::integer % 168 AS slot, pg_catalog.count(*) AS events
                    FROM (
                        SELECT DISTINCT c.sha, a.person,
                            c.authored_at AT TIME ZONE reporting_time_zone() AS local_time
                        FROM commits AS c
                        INNER JOIN git_people AS a ON a.identity = c.author_identity
                        WHERE pg_catalog.isfinite(c.authored_at) AND c._sdc_deleted_at IS NULL
                    ) AS c
                    GROUP BY c.person, 2
                ) AS e
                INNER JOIN (
                    SELECT DISTINCT p.workspace_id, p.person FROM persons AS p WHERE NOT p.is_service_user
                ) AS p ON p.person = e.person
            ) AS e
            GROUP BY e.workspace_id, e.person, e.slot
        ) AS p
    ) AS h
    GROUP BY h.workspace_id, h.slot
) AS h
WHERE h.workspace_people >= 5 AND h.people >= 2;
COMMENT ON VIEW work_hours IS
    'Events of each workspace by weekday and hour in the time zone of reports: commits, status changes and starts of time entries. Empty unless at least five people have events; hours in which only one person has any are left out';
COMMENT ON COLUMN work_hours.weekday IS '1 is Monday, 7 is Sunday';
COMMENT ON COLUMN work_hours.hour IS '0 to 23';
COMMENT ON COLUMN work_hours.people IS 'How many people have events in this hour; at least two';
COMMENT ON COLUMN work_hours.events IS 'Number of commits, status changes and starts of time entries';
COMMENT ON COLUMN work_hours.workspace_id IS
    'Workspace in ClickUp; commits count in each workspace that their author is a user of';
