-- Who made a commit is stored by the load, so that no view searches the messages of all commits, nor
-- resolves the author of each: a person has few names and addresses, and they are resolved once.

CREATE FUNCTION git_identity(repository_id text, email text, name text) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN pg_catalog.md5(
    repository_id || E'\n' || coalesce(email, '') || E'\n' || coalesce(name, '')
)::uuid;
COMMENT ON FUNCTION git_identity IS
    'Key of a recorded address and name in git_people, from which the person follows by .mailmap';

ALTER TABLE commits ADD COLUMN author_identity uuid
    GENERATED ALWAYS AS (git_identity(repository_id, author_email, author_name)) STORED;
COMMENT ON COLUMN commits.author_identity IS 'Key of the author in git_people';

CREATE TABLE git_people (
    identity uuid NOT NULL PRIMARY KEY,
    repository_id text NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    new_name text,
    address text,
    employee_email text,
    is_ambiguous boolean NOT NULL,
    person text
);
CREATE INDEX git_people_address ON git_people (address);
CREATE INDEX git_people_repository ON git_people (repository_id);
COMMENT ON TABLE git_people IS
    'Addresses and names of authors and co-authors as recorded, with those that .mailmap shows, and the employees they are. Derived by the load from commits, repositories and employees';
COMMENT ON COLUMN git_people.identity IS 'git_identity() of the next three columns';
COMMENT ON COLUMN git_people.email IS 'As recorded; empty if a commit has none';
COMMENT ON COLUMN git_people.name IS 'As recorded; empty if a commit has none';
COMMENT ON COLUMN git_people.new_name IS 'Name by .mailmap; null if the recorded one is kept';
COMMENT ON COLUMN git_people.address IS
    'Address by .mailmap, else as recorded, in the form of mail_address(); null if there is none';
COMMENT ON COLUMN git_people.employee_email IS
    'Key of the employee; null if no employee has the address, or several';
COMMENT ON COLUMN git_people.is_ambiguous IS 'Whether several employees have the address';
COMMENT ON COLUMN git_people.person IS
    'The same for all addresses of a person: key of the employee, else the address; null without one';

CREATE TABLE commit_people (
    repository_id text NOT NULL,
    sha text NOT NULL,
    place integer NOT NULL,
    identity uuid NOT NULL,
    authored_at timestamptz,
    committed_at timestamptz,
    PRIMARY KEY (repository_id, sha, place)
);
CREATE INDEX commit_people_committed_at ON commit_people (committed_at) WHERE place > 0;
CREATE INDEX commit_people_identity ON commit_people (identity);
COMMENT ON TABLE commit_people IS
    'Author and co-authors of each commit whose message has a line Co-authored-by, derived by the load: read the view commit_authors';
COMMENT ON COLUMN commit_people.place IS '0 for the author, from 1 for co-authors in the order of the message';
COMMENT ON COLUMN commit_people.identity IS 'Key in git_people';

DROP INDEX commits_co_authored;
CREATE INDEX commits_identity ON commits (author_identity, authored_at, sha);

-- The newest tracked time is read without all other.
DROP INDEX time_entries_started_at;
CREATE INDEX time_entries_started_at ON time_entries (started_at, workspace_id);
