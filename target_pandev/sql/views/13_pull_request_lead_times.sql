-- How long each pull request took, from its first commit to its merge. The commits are those that
-- merged_commits has. Nothing is estimated: if one of them is not in the store, as after a
-- squash whose branch was deleted before tap-git read it, the times that depend on it are null.
-- Cost: for each pull request its row, its commits and its tasks, all by key. The newest ones, by
-- when they were opened or merged, are read without the others.

CREATE OR REPLACE VIEW pull_request_lead_times AS
SELECT
    p.repository_id,
    p.number,
    p.title,
    p.author_login,
    p.state,
    p.base_branch,
    (
        SELECT pg_catalog.array_agg(DISTINCT r.task_id ORDER BY r.task_id)
        FROM resolved_links AS r
        WHERE r.repository_id = p.repository_id AND r.source = 'pull_request'
            AND r.object_key = p.number::text
    ) AS task_ids,
    f.commit_count,
    f.first_commit_at,
    p.created_at AS opened_at,
    p.merged_at,
    (pg_catalog.date_part('epoch', p.created_at - s.started_at) * 1000)::bigint AS coding_ms,
    (pg_catalog.date_part('epoch', p.merged_at - p.created_at) * 1000)::bigint AS review_ms,
    (pg_catalog.date_part('epoch', p.merged_at - s.started_at) * 1000)::bigint AS lead_ms,
    p.url,
    working_ms(s.started_at, p.created_at) AS working_coding_ms,
    working_ms(p.created_at, p.merged_at) AS working_review_ms,
    working_ms(s.started_at, p.merged_at) AS working_lead_ms
FROM pull_requests AS p
LEFT JOIN LATERAL (
    SELECT pg_catalog.count(*) AS commit_count, pg_catalog.min(c.authored_at) AS first_commit_at
    FROM merged_commits AS m
    LEFT JOIN commits AS c ON c.repository_id = m.repository_id AND c.sha = m.sha
    WHERE m.repository_id = p.repository_id AND m.number = p.number
    HAVING pg_catalog.bool_and(c.authored_at IS NOT NULL)
) AS f ON TRUE
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN f.first_commit_at < p.created_at THEN f.first_commit_at
        WHEN f.first_commit_at IS NOT NULL THEN p.created_at
    END AS started_at
) AS s
WHERE p._sdc_deleted_at IS NULL;
COMMENT ON VIEW pull_request_lead_times IS
    'One row per pull request: the time from its first commit to its merge, before and after it was opened';
COMMENT ON COLUMN pull_request_lead_times.task_ids IS
    'The tasks that its title or head branch names; null if none is known';
COMMENT ON COLUMN pull_request_lead_times.commit_count IS
    'Number of its commits, without the merge; null until it is merged, and if not all of them are in the store';
COMMENT ON COLUMN pull_request_lead_times.first_commit_at IS
    'When the oldest of its commits was written; null where commit_count is';
COMMENT ON COLUMN pull_request_lead_times.coding_ms IS
    'From the first commit until it was opened, 0 if it was opened before; null without first_commit_at';
COMMENT ON COLUMN pull_request_lead_times.review_ms IS
    'From when it was opened until it was merged; null until then';
COMMENT ON COLUMN pull_request_lead_times.lead_ms IS
    'From the first commit, or from when it was opened if that was earlier, until the merge: coding_ms + review_ms';
COMMENT ON COLUMN pull_request_lead_times.working_coding_ms IS
    'The part of coding_ms within working hours (table reporting)';
COMMENT ON COLUMN pull_request_lead_times.working_review_ms IS 'The part of review_ms within working hours';
COMMENT ON COLUMN pull_request_lead_times.working_lead_ms IS 'The part of lead_ms within working hours';
COMMENT ON COLUMN pull_request_lead_times.state IS
    'open, merged or closed (without a merge); GitLab also has locked';
COMMENT ON COLUMN pull_request_lead_times.repository_id IS 'Host, group and name, as in repositories.id';
COMMENT ON COLUMN pull_request_lead_times.number IS 'Number of the pull request at the host';
COMMENT ON COLUMN pull_request_lead_times.title IS 'As last read';
COMMENT ON COLUMN pull_request_lead_times.author_login IS 'Name of the author''s account at the host';
COMMENT ON COLUMN pull_request_lead_times.base_branch IS 'The branch to merge into';
COMMENT ON COLUMN pull_request_lead_times.opened_at IS 'When it was opened, also as a draft';
COMMENT ON COLUMN pull_request_lead_times.merged_at IS 'Null unless it was merged';
COMMENT ON COLUMN pull_request_lead_times.url IS 'Address at the host';
