-- The status of a transition by its id, which stays when the status is renamed, and its present name.

ALTER TABLE task_transitions ADD COLUMN to_status_id text, ADD COLUMN to_status_now text;
