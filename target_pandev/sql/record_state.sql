-- Record a state before it is emitted, behind the rows that it stands for.
INSERT INTO emitted_states (run_id, states) VALUES (%(run_id)s, %(number)s)
ON CONFLICT (run_id) DO UPDATE SET states = excluded.states, emitted_at = excluded.emitted_at
