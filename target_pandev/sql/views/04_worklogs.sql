-- Tracked time. An entry remains work that a person did when its task is deleted or the person's
-- account is removed: only the entry's own deletion hides it, and names of deleted tasks and users show.
-- Cost: for one task its time entries by index, users and task by key. The newest are read by the index on
-- started_at.

CREATE OR REPLACE VIEW worklogs AS
SELECT
    e.workspace_id,
    e.id,
    e.user_id AS author_id,
    u.username AS author_name,
    pg_catalog.lower(pg_catalog.btrim(u.email)) AS author_email,
    e.task_id,
    t.name AS task_name,
    e.started_at,
    e.ended_at,
    CASE WHEN e.is_running THEN NULL ELSE e.duration_ms END AS duration_ms,
    coalesce(e.is_running, false) AS is_running,
    coalesce(u.is_service_user, false) AS is_service_user,
    e.marker IS NOT NULL AS is_written_back
FROM time_entries AS e
LEFT JOIN users AS u ON u.workspace_id = e.workspace_id AND u.id = e.user_id
LEFT JOIN tasks AS t ON t.workspace_id = e.workspace_id AND t.id = e.task_id
WHERE e._sdc_deleted_at IS NULL;
COMMENT ON VIEW worklogs IS
    'Time tracked in ClickUp by people, or written there by pandev worklogs, one row per entry, with or without a task';
COMMENT ON COLUMN worklogs.author_name IS 'Null until the user is loaded; kept when the user leaves the workspace';
COMMENT ON COLUMN worklogs.task_name IS 'Null for time without a task, and until the task is loaded';
COMMENT ON COLUMN worklogs.duration_ms IS 'Null while the timer runs';
COMMENT ON COLUMN worklogs.is_service_user IS
    'Whether the author is the user of tap-clickup''s token, not a person';
COMMENT ON COLUMN worklogs.is_running IS 'Whether its timer was running at the last read';
COMMENT ON COLUMN worklogs.is_written_back IS
    'Whether pandev worklogs wrote it, from active time in editors; it is not time that a person tracked';
COMMENT ON COLUMN worklogs.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN worklogs.id IS 'Id of the time entry in ClickUp';
COMMENT ON COLUMN worklogs.author_id IS 'Id of the user whose time it is';
COMMENT ON COLUMN worklogs.author_email IS
    'Address of the author in lower case; null until the user is loaded';
COMMENT ON COLUMN worklogs.task_id IS 'Null for time without a task';
COMMENT ON COLUMN worklogs.started_at IS 'When the timer was started, or the start that was entered';
COMMENT ON COLUMN worklogs.ended_at IS 'When the timer was stopped; null while it runs';
