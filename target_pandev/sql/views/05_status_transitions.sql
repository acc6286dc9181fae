-- Status changes of each task with their status groups; the load derives them (derive_transitions).
-- Cost: for one task its transitions by key.

CREATE OR REPLACE VIEW status_transitions AS
SELECT s.workspace_id, s.task_id, s.change_id, s.from_status, s.from_status_type,
    CASE WHEN s.from_status IS NOT NULL THEN coalesce(f.status_group, 'UNDEFINED') END
        AS from_status_group,
    s.to_status, s.to_status_type,
    coalesce(t.status_group, 'UNDEFINED') AS to_status_group,
    s.changed_at, s.changed_after, s.user_id, s.is_inferred, s.next_changed_at, s.next_is_inferred,
    u.is_service_user, s.to_status_id, s.to_status_now
FROM task_transitions AS s
LEFT JOIN users AS u ON u.workspace_id = s.workspace_id AND u.id = s.user_id
LEFT JOIN status_groups AS f ON f.status_type = s.from_status_type
LEFT JOIN status_groups AS t ON t.status_type = s.to_status_type;
COMMENT ON VIEW status_transitions IS
    'Each status change of a task, in the order of changed_at: exact ones from webhooks, and inferred ones where a version, a date of the task or its time in status shows that one is missing';
COMMENT ON COLUMN status_transitions.changed_at IS
    'When the status changed; for an inferred change the latest possible time';
COMMENT ON COLUMN status_transitions.changed_after IS
    'For an inferred change the earliest possible time, otherwise the same as changed_at';
COMMENT ON COLUMN status_transitions.user_id IS 'The user who changed the status; null for an inferred change';
COMMENT ON COLUMN status_transitions.is_service_user IS
    'Whether that user is the one of tap-clickup''s token, not a person; null if the user is not known';
COMMENT ON COLUMN status_transitions.to_status_id IS
    'ClickUp''s id of the new status, which it keeps when it is renamed; null if it is not known';
COMMENT ON COLUMN status_transitions.to_status_now IS
    'Present name of the new status, if it was renamed since; the name at that time if its id is not known';
COMMENT ON COLUMN status_transitions.from_status IS
    'Null for the first known status of a task';
COMMENT ON COLUMN status_transitions.next_changed_at IS
    'When the task left the status again; null for its present status';
COMMENT ON COLUMN status_transitions.next_is_inferred IS 'Whether that transition is inferred';
COMMENT ON COLUMN status_transitions.from_status_type IS
    'Type of the previous status, such as open or custom';
COMMENT ON COLUMN status_transitions.from_status_group IS 'OPEN, IN_PROGRESS, CLOSED or UNDEFINED';
COMMENT ON COLUMN status_transitions.to_status_type IS 'Type of the new status';
COMMENT ON COLUMN status_transitions.to_status_group IS 'OPEN, IN_PROGRESS, CLOSED or UNDEFINED';
COMMENT ON COLUMN status_transitions.is_inferred IS
    'Whether no webhook reported it, so that its time is known by bounds only';
COMMENT ON COLUMN status_transitions.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN status_transitions.task_id IS 'Short id of the task in ClickUp, unique in its workspace';
COMMENT ON COLUMN status_transitions.change_id IS
    'Id of the change in task_changes; null for an inferred one';
COMMENT ON COLUMN status_transitions.to_status IS 'The new status, as ClickUp named it then';
