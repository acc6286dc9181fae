-- task_time resolves people: it finds commits and intervals by addresses in the form of mail_address(),
-- and an address that has no commit at all by one lookup.

DROP INDEX commits_author;
CREATE INDEX commits_author
    ON commits (mail_address(author_email), repository_id, authored_at, sha)
    WHERE parents -> 1 IS NULL;

DROP INDEX ide_intervals_repository;
CREATE INDEX ide_intervals_repository
    ON ide_intervals (repository_match, mail_address(email), started_at);

ANALYZE commits, ide_intervals;
