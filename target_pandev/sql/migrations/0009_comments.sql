-- Comments on tables of earlier versions, in clearer words.

COMMENT ON COLUMN time_entries.task_id IS 'Null for time that was not booked on a task';
COMMENT ON COLUMN time_entries.user_id IS 'The user who tracked the time';
COMMENT ON COLUMN time_in_status.minutes IS
    'Total time in the status, over all periods; in the current status up to the time of the read';
COMMENT ON COLUMN time_in_status.since IS 'When the task entered the status';
COMMENT ON TABLE completed_reads IS
    'The newest complete read of each scope: rows that it did not find are marked by '
    '_sdc_deleted_at (docs/explained/completed-reads.md)';
COMMENT ON COLUMN completed_reads.conditions IS 'Conditions that the rows of the scope meet';
COMMENT ON COLUMN sync_runs.notes IS 'Limitations of the result that are not failures';
COMMENT ON COLUMN sync_runs.live_tasks IS 'Number of live tasks; null if the run did not count them';
COMMENT ON TABLE tombstones IS 'Deletions that a source reported, or that hard_delete made';
COMMENT ON TABLE status_changes IS
    'Status changes exactly as webhooks reported them: by which user, when, from and to which status';
