-- Indexes for the newest closed tasks, and for the newest commits with co-authors.

CREATE INDEX tasks_closed_at ON tasks (coalesce(date_done, date_closed))
    WHERE coalesce(date_done, date_closed) IS NOT NULL;

DROP INDEX commits_co_authored;
CREATE INDEX commits_co_authored ON commits (committed_at, repository_id, sha)
    WHERE message ~* 'co-authored-by:';
