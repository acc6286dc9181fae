-- A run of tap-clickup is visible before it ends: it writes its row every ten seconds.

ALTER TABLE sync_runs ADD COLUMN progress numeric;
COMMENT ON COLUMN sync_runs.progress IS
    'Estimated share of the tasks that an unfinished run has read, from 0 to 1';
COMMENT ON COLUMN sync_runs.finished_at IS
    'When its last stream ended; null while it is running, or if it was killed';
COMMENT ON COLUMN sync_runs.refused IS
    'What could not be read because ClickUp denied access or failed, why, and whether another run may read it';
