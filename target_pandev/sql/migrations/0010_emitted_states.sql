-- The states that each run has emitted: a tap's state that is not among them belongs to another
-- store, or to a newer one than this backup.

CREATE TABLE emitted_states (
    run_id uuid PRIMARY KEY,
    states integer NOT NULL,
    emitted_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE emitted_states IS
    'Runs of target-pandev that emitted a state: a state of any other run is refused, because this '
    'store does not contain what the tap would skip';
COMMENT ON COLUMN emitted_states.states IS 'Number of states that the run emitted';
COMMENT ON COLUMN emitted_states.emitted_at IS 'When the latest of them was emitted';
