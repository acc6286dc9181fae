-- Only versions that another one has replaced are kept; the current one is in tasks.
COMMENT ON TABLE status_observations IS
    'Former versions of a task where a status began or ended, and the first that was seen; '
    'the present one is in tasks. Never changed, never deleted';
