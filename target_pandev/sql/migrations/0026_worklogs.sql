-- Time entries that pandev worklogs writes to ClickUp: how they are recognised, and what was sent.

ALTER TABLE time_entries ADD COLUMN marker text;
COMMENT ON COLUMN time_entries.marker IS
    'The marker of an entry that pandev worklogs has written, a hash of ids; null for time that a person tracked';

CREATE TABLE worklog_entries (
    workspace_id text NOT NULL,
    marker text NOT NULL,
    user_id text NOT NULL,
    task_id text NOT NULL,
    work_date date NOT NULL,
    action text NOT NULL CHECK (action IN ('create', 'update', 'delete')),
    state text NOT NULL
        CHECK (state IN ('planned', 'sent', 'confirmed', 'failed', 'unknown')),
    planned_ms bigint NOT NULL,
    written_ms bigint,
    time_entry_id text,
    attempts integer NOT NULL DEFAULT 0,
    reason text,
    planned_at timestamptz NOT NULL,
    sent_at timestamptz,
    confirmed_at timestamptz,
    PRIMARY KEY (workspace_id, marker)
);
COMMENT ON TABLE worklog_entries IS
    'What pandev worklogs push has planned and sent: one row per user, task and day, stored before the request is sent';
COMMENT ON COLUMN worklog_entries.marker IS 'As in time_entries: what identifies user, task and day';
COMMENT ON COLUMN worklog_entries.user_id IS 'The ClickUp user whose time it is';
COMMENT ON COLUMN worklog_entries.work_date IS 'Date in the time zone of reports';
COMMENT ON COLUMN worklog_entries.action IS 'What was planned last: create, update or delete';
COMMENT ON COLUMN worklog_entries.state IS
    'planned: not sent yet; sent: no answer was stored, as after a kill; confirmed: ClickUp has it; failed: ClickUp refused it; unknown: there was no answer. The next run looks up in ClickUp those that are sent or unknown';
COMMENT ON COLUMN worklog_entries.planned_ms IS 'Time that the entry is to have; 0 to delete it';
COMMENT ON COLUMN worklog_entries.written_ms IS
    'Time that ClickUp confirmed last; null if there is no entry';
COMMENT ON COLUMN worklog_entries.time_entry_id IS 'Id in time_entries; null until confirmed';
COMMENT ON COLUMN worklog_entries.attempts IS 'How often a request was sent';
COMMENT ON COLUMN worklog_entries.reason IS 'Why the last request failed, or had no answer';
COMMENT ON COLUMN worklog_entries.planned_at IS 'When the plan was stored';
COMMENT ON COLUMN worklog_entries.sent_at IS 'When the last request was sent';
COMMENT ON COLUMN worklog_entries.confirmed_at IS 'When ClickUp confirmed the entry last';
