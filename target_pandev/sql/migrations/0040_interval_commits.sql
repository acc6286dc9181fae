-- An interval of active time has its person, its repository and the commit that it led to, so that task_time
-- looks none of them up: the load derives them, and derives the days again that a commit, an employee or
-- a repository changes.

ALTER TABLE ide_intervals
    ADD COLUMN employee_email text,
    ADD COLUMN repository_id text,
    ADD COLUMN commit_sha text,
    ADD COLUMN commit_at timestamptz;
ALTER TABLE ide_intervals
    ADD COLUMN person text GENERATED ALWAYS AS (coalesce(employee_email, mail_address(email), '')) STORED;
COMMENT ON TABLE ide_intervals IS
    'Active time of each person, derived from ide_events by the load: up to 15 minutes from an event '
    'to the next count for the context of the earlier one, a longer gap counts nothing. The sources of '
    'a person are merged first, so that the intervals of an address never overlap; midnight ends an interval, and so does a commit of the person in the repository';
COMMENT ON COLUMN ide_intervals.employee_email IS
    'Key of the employee; null if no employee has the address, or several';
COMMENT ON COLUMN ide_intervals.person IS
    'The same for all addresses of a person: key of the employee, or else the address in the form of mail_address()';
COMMENT ON COLUMN ide_intervals.repository_id IS
    'Id in repositories of the one with the path, or for heartbeats of the only one with the name of the project; null if there is none';
COMMENT ON COLUMN ide_intervals.commit_sha IS
    'The next commit of the person in the repository, merges left out; null until there is one';
COMMENT ON COLUMN ide_intervals.commit_at IS 'When that was written; null until there is one';

DROP INDEX ide_intervals_repository;
CREATE INDEX ide_intervals_commit
    ON ide_intervals (repository_id, person, coalesce(commit_at, 'infinity'::timestamptz));
CREATE INDEX ide_intervals_commit_sha ON ide_intervals (commit_sha) WHERE commit_sha IS NOT NULL;
CREATE INDEX git_people_person ON git_people (person);
DROP INDEX commits_author;
