-- When each sprint begins and ends. Dates that tap-clickup took from the name of a list are days: they
-- begin, and end, at midnight in the time zone of reports. Those of the list itself are taken as they are.
-- Sprints of spaces that the last complete read of the spaces did not select are left out.
-- Cost: one row of sprints for each sprint, and the read of the spaces by key.

CREATE OR REPLACE VIEW sprint_periods AS
SELECT p.workspace_id, p.sprint_id, p.name, p.space_id, p.folder_id, p.starts_at, p.ends_at,
    CASE
        WHEN p.starts_at IS NOT NULL THEN least(
            p.starts_at + pg_catalog.make_interval(hours => r.sprint_grace_hours),
            p.ends_at,
            pg_catalog.now()
        )
    END AS committed_at,
    least(p.ends_at, pg_catalog.now()) AS judged_at,
    CASE
        WHEN p.ends_at <= pg_catalog.now() THEN 'ended'
        WHEN p.starts_at > pg_catalog.now() THEN 'planned'
        WHEN p.starts_at IS NOT NULL THEN 'running'
        ELSE 'undated'
    END AS phase,
    p.dates_inferred, p.archived
FROM (
    SELECT s.workspace_id, s.id AS sprint_id, s.name, s.space_id, s.folder_id,
        CASE
            WHEN s.dates_inferred
                THEN (s.start_date AT TIME ZONE 'UTC')::date::timestamp AT TIME ZONE reporting_time_zone()
            ELSE s.start_date
        END AS starts_at,
        CASE
            WHEN s.dates_inferred
                THEN ((s.end_date AT TIME ZONE 'UTC')::date + 1)::timestamp AT TIME ZONE reporting_time_zone()
            ELSE s.end_date
        END AS ends_at,
        s.dates_inferred, s.archived
    FROM sprints AS s
    WHERE s._sdc_deleted_at IS NULL
        AND coalesce(
            (
                SELECT c.conditions -> 'id' -> 'in' ? s.space_id
                FROM completed_reads AS c
                WHERE c.workspace_id = s.workspace_id AND c.stream = 'spaces' AND c.scope = 'all'
            ),
            TRUE
        )
) AS p
CROSS JOIN reporting AS r;
COMMENT ON VIEW sprint_periods IS
    'Sprints of the selected spaces: when they begin and end, and the times at which their tasks are looked at';
COMMENT ON COLUMN sprint_periods.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN sprint_periods.name IS 'Present name of the list';
COMMENT ON COLUMN sprint_periods.space_id IS 'Space of the list';
COMMENT ON COLUMN sprint_periods.folder_id IS 'Folder of the list';
COMMENT ON COLUMN sprint_periods.archived IS 'Whether the list is archived';
COMMENT ON COLUMN sprint_periods.sprint_id IS 'Id of the sprint, which is that of its list';
COMMENT ON COLUMN sprint_periods.starts_at IS
    'Start of the list; if dates_inferred, midnight of that day in the time zone of reports';
COMMENT ON COLUMN sprint_periods.ends_at IS
    'Due date of the list; if dates_inferred, the end of that day in the time zone of reports';
COMMENT ON COLUMN sprint_periods.committed_at IS
    'Tasks that are in the sprint at this time are committed: sprint_grace_hours of reporting after the start, or now if that is earlier. Null without a start';
COMMENT ON COLUMN sprint_periods.judged_at IS
    'When the result is looked at: the end, or now if the sprint has not ended';
COMMENT ON COLUMN sprint_periods.phase IS 'planned, running or ended; undated without a start';
COMMENT ON COLUMN sprint_periods.dates_inferred IS 'Whether the dates come from the name of the list';
