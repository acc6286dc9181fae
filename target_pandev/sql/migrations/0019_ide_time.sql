-- Activity in editors, and what the load derives from it: intervals of active time.

CREATE TABLE ide_events (
    email text NOT NULL,
    occurred_at timestamptz NOT NULL,
    source text NOT NULL,
    event_hash text NOT NULL,
    activity_type text,
    project text,
    repository_path text,
    branch text,
    language text,
    editor text,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (email, occurred_at, source, event_hash)
);
COMMENT ON TABLE ide_events IS
    'Events of editors: when a person was active and in which context, never in which file';
COMMENT ON COLUMN ide_events.email IS 'E-mail address of the employee, in lower case';
COMMENT ON COLUMN ide_events.source IS 'pandev for an event file, wakatime for a heartbeat';
COMMENT ON COLUMN ide_events.event_hash IS 'Hash of the context: equal events are one row';
COMMENT ON COLUMN ide_events.repository_path IS 'As path in repositories; null for heartbeats';

CREATE TABLE ide_intervals (
    email text NOT NULL,
    work_date date NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    repository_path text,
    branch text,
    project text,
    active_ms bigint NOT NULL,
    repository_match text GENERATED ALWAYS AS (
        CASE
            WHEN repository_path IS NOT NULL THEN 'path ' || pg_catalog.lower(repository_path)
            WHEN project IS NOT NULL THEN 'name ' || pg_catalog.lower(project)
        END
    ) STORED,
    PRIMARY KEY (email, started_at)
);
CREATE INDEX ide_intervals_repository ON ide_intervals (repository_match, email, started_at);
CREATE INDEX ide_intervals_branch ON ide_intervals (branch, repository_path);
COMMENT ON TABLE ide_intervals IS
    'Active time of each person, derived from ide_events by the load: up to 15 minutes from an event '
    'to the next count for the context of the earlier one, a longer gap counts nothing. The sources of '
    'a person are merged first, so that intervals never overlap; midnight ends an interval';
COMMENT ON COLUMN ide_intervals.work_date IS 'Date of the interval in the time zone of reports';
COMMENT ON COLUMN ide_intervals.repository_match IS
    'What the repository is found by: its path, or for heartbeats its name';

-- Branches of editors name tasks as other branches do, whether or not their repository is known.
ALTER TABLE task_references
    DROP CONSTRAINT task_references_source_check,
    ADD CONSTRAINT task_references_source_check
        CHECK (source IN ('branch', 'commit', 'pull_request', 'ide_branch'));
COMMENT ON COLUMN task_references.repository_id IS
    'Id in repositories; of an ide_branch the path of the repository, empty if unknown';

-- The commits of a person in a repository in order, for the time between them. Merges are no work.
CREATE INDEX commits_author
    ON commits (repository_id, pg_catalog.lower(pg_catalog.btrim(author_email)), authored_at, sha)
    WHERE parents -> 1 IS NULL;
