"""A store with 3,000 tasks, as large as a plan needs to show what a view reads."""

from __future__ import annotations

from tests.target_pandev.loading import Loader

FILL = """
INSERT INTO statuses (workspace_id, scope_type, scope_id, status, status_id, status_type,
    _sdc_extracted_at, _sdc_hash)
SELECT '900', 'space', '11', status, 's-' || status, type, now(), gen_random_uuid()
FROM (VALUES ('to do', 'open'), ('doing', 'custom'), ('done', 'closed')) AS v (status, type);
INSERT INTO spaces (workspace_id, id, _sdc_extracted_at, _sdc_hash)
SELECT '900', '11', now(), gen_random_uuid();
INSERT INTO lists (workspace_id, id, space_id, _sdc_extracted_at, _sdc_hash)
SELECT '900', '31', '11', now(), gen_random_uuid();
INSERT INTO tasks (workspace_id, id, custom_id, status, status_id, status_type, list_id, space_id,
    date_created, date_updated, _sdc_extracted_at, _sdc_hash)
SELECT '900', 'task' || n, 'DEV-' || n, 'done', 's-done', 'closed', '31', '11',
    '2026-01-01', '2026-01-04', now(), gen_random_uuid()
FROM generate_series(1, 3000) AS n;
UPDATE tasks SET status = 'doing', status_id = 's-doing', status_type = 'custom'
WHERE id LIKE '%8';
INSERT INTO sprints (workspace_id, id, start_date, end_date, _sdc_extracted_at, _sdc_hash)
VALUES ('900', '32', '2026-01-01', '2026-01-14', now(), gen_random_uuid());
UPDATE tasks
SET list_id = CASE id WHEN 'task77' THEN '31' ELSE 'list' || right(id, 2) END,
    secondary_list_ids = CASE id WHEN 'task77' THEN '["32"]' ELSE '["33"]' END::jsonb;
INSERT INTO task_versions (workspace_id, task_id, date_updated, version_hash, status, status_id,
    status_type, read_at)
SELECT '900', id, '2026-01-01', gen_random_uuid(), 'to do', 's-to do', 'open', now() FROM tasks;
INSERT INTO time_in_status (workspace_id, task_id, status, since, _sdc_extracted_at, _sdc_hash)
SELECT '900', id, 'to do', '2025-12-01', now(), gen_random_uuid() FROM tasks;
INSERT INTO task_changes (workspace_id, id, task_id, list_id, changed_at, field, from_value,
    from_status_type, to_value, to_status_type, _sdc_extracted_at, _sdc_hash)
SELECT '900', 'change' || id, id, list_id, '2026-01-02', 'status', 'to do', 'open', 'doing',
    'custom', now(), gen_random_uuid()
FROM tasks;
INSERT INTO time_entries (workspace_id, id, task_id, user_id, started_at, duration_ms,
    _sdc_extracted_at, _sdc_hash)
SELECT '900', 'entry' || id, id, '183', '2026-01-02', 60000, now(), gen_random_uuid() FROM tasks;
INSERT INTO commits (repository_id, sha, message, _sdc_extracted_at, _sdc_hash)
SELECT 'r', 'sha' || id, 'CU-' || id, now(), gen_random_uuid() FROM tasks;
INSERT INTO branches (repository_id, name, head_sha, _sdc_extracted_at, _sdc_hash)
SELECT 'r', custom_id, 'sha' || id, now(), gen_random_uuid() FROM tasks;
INSERT INTO pull_requests (repository_id, number, title, head_sha, merge_commit_sha, created_at,
    merged_at, _sdc_extracted_at, _sdc_hash)
SELECT 'r', n, 'CU-task' || n, 'shatask' || n, 'merge' || n, '2026-01-01', '2026-01-02', now(),
    gen_random_uuid()
FROM generate_series(1, 3000) AS n;
INSERT INTO merged_commits SELECT 'r', number, head_sha, true FROM pull_requests;
UPDATE tasks SET time_estimate_ms = 60000, date_done = '2026-01-04';
INSERT INTO task_references
SELECT 'r', 'commit', 'sha' || id, 'task_id', id, NULL, 1 FROM tasks
UNION ALL SELECT 'r', 'pull_request', number::text, 'task_id', 'task' || number, NULL, 1
FROM pull_requests
UNION ALL SELECT 'r', 'branch', custom_id, 'custom_id', custom_id, NULL, 1 FROM tasks;
UPDATE task_references AS r
SET occurred_at = timestamptz '2026-01-01' + substr(t.id, 5)::integer * interval '1 minute'
FROM tasks AS t WHERE r.source <> 'ide_branch' AND r.reference IN (t.id, t.custom_id);
INSERT INTO inherited_references
SELECT 'r', 'shatask' || n + 1, 'task_id', 'task' || n, 'commit', 'shatask' || n, 'merge', NULL, 1,
    timestamptz '2026-01-01' + n * interval '1 minute', true
FROM generate_series(1, 2999) AS n;
INSERT INTO repositories (id, path, name, _sdc_extracted_at, _sdc_hash)
SELECT 'r', 'shop/orders', 'orders', now(), gen_random_uuid();
UPDATE commits SET author_email = 'user' || right(sha, 2) || '@example.com',
    authored_at = timestamptz '2026-01-01' + substr(sha, 8)::integer * interval '1 minute';
INSERT INTO git_people (identity, repository_id, email, name, address, is_ambiguous, person)
SELECT DISTINCT author_identity, 'r', author_email, '', author_email, false, author_email
FROM commits;
INSERT INTO task_references SELECT 'shop/orders', 'ide_branch', id, 'task_id', id, NULL, 1
FROM tasks WHERE id LIKE '%7';
INSERT INTO resolved_links
SELECT r.repository_id, r.source, r.object_key, t.workspace_id, t.id, r.source, r.kind, r.reference,
    1, r.occurred_at, false, true
FROM task_references AS r
INNER JOIN (
    SELECT workspace_id, id, 'task_id' AS kind, id AS reference FROM tasks
    UNION ALL SELECT workspace_id, id, 'custom_id', custom_id FROM tasks
) AS t USING (kind, reference)
UNION ALL
SELECT i.repository_id, 'commit', i.sha, '900', i.reference, i.via, i.kind, i.reference, 1,
    i.occurred_at, false, false
FROM inherited_references AS i;
INSERT INTO ide_intervals
SELECT 'user' || right(id, 2) || '@example.com', '2026-01-01', t.at, t.at + interval '9 minutes',
    'shop/orders', t.branch, NULL, 540000
FROM tasks
CROSS JOIN LATERAL (
    VALUES
        (timestamptz '2025-12-31 23:55' + substr(id, 5)::integer * interval '1 minute', 'main'),
        (timestamptz '2026-02-01' + substr(id, 5)::integer * interval '1 minute', id)
) AS t (at, branch);
UPDATE ide_intervals AS i SET repository_id = 'r', commit_sha = c.sha, commit_at = c.authored_at
FROM commits AS c
WHERE i.branch = 'main' AND c.authored_at = i.started_at + interval '5 minutes';
ANALYZE;
"""


def fill(database: str) -> None:
    """Insert the rows into an empty store."""
    loader = Loader(database)
    loader.connection.execute(FILL.encode())
    loader.derive_transitions()
    loader.connection.execute("ANALYZE task_transitions")
    loader.connection.close()
