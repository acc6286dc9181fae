-- The status of a transition by its id, which stays when the status is renamed.

ALTER TABLE task_transitions ADD COLUMN to_status_id text;
