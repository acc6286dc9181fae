-- The events that work_log counts in the period, one row each, the newest first; `none` is work without a
-- task, and a kind after `inferred_` its inferred events. Each kind is limited to the period by itself.
WITH accounts AS MATERIALIZED (
    SELECT u.workspace_id, u.id, coalesce(a.employee_email, mail_address(u.email), u.id) AS person,
        u.is_service_user
    FROM users AS u
    LEFT JOIN employee_addresses AS a ON a.address = mail_address(u.email)
),
events AS (
    SELECT l.workspace_id, l.task_id, g.person, coalesce(c.authored_at, c.committed_at) AS occurred_at,
        'commit' AS kind, min(split_part(c.message, E'\n', 1)) AS title, FALSE AS is_inferred,
        NULL::bigint AS duration_ms, min(commit_url(q.host, q.id, c.sha)) AS event_url
    FROM commits AS c
    LEFT JOIN task_links AS l
        ON l.source = 'commit' AND l.repository_id = c.repository_id AND l.object_key = c.sha
        AND NOT l.is_ambiguous
    LEFT JOIN git_people AS g ON g.identity = c.author_identity
    LEFT JOIN repositories AS q ON q.id = c.repository_id
    WHERE c._sdc_deleted_at IS NULL AND is_counted_commit(c.parents, c.author_name, c.author_email)
        AND coalesce(c.authored_at, c.committed_at) >= %(since_at)s::timestamptz
        AND (
            %(until_at)s::timestamptz IS NULL
            OR coalesce(c.authored_at, c.committed_at) < %(until_at)s::timestamptz
        )
        AND coalesce(%(kind)s::text, 'commit') = 'commit'
    GROUP BY c.sha, l.task_id, l.workspace_id, g.person, g.employee_email,
        coalesce(c.authored_at, c.committed_at)
    UNION ALL
    SELECT s.workspace_id, s.task_id, coalesce(u.person, s.user_id), s.changed_at, s.kind,
        concat_ws(' → ', s.from_status, s.to_status), s.is_inferred, NULL::bigint, NULL
    FROM (
        SELECT s.*,
            CASE
                WHEN s.to_status_group = 'CLOSED' AND s.from_status_group IS DISTINCT FROM 'CLOSED' THEN 'done'
                WHEN s.from_status IS NOT NULL THEN 'status_change'
            END AS kind
        FROM status_transitions AS s
        WHERE s.changed_at >= %(since_at)s::timestamptz
            AND (%(until_at)s::timestamptz IS NULL OR s.changed_at < %(until_at)s::timestamptz)
    ) AS s
    LEFT JOIN accounts AS u ON u.workspace_id = s.workspace_id AND u.id = s.user_id
    WHERE s.kind IS NOT NULL AND u.is_service_user IS NOT TRUE
        AND (
            %(kind)s::text IS NULL OR s.kind = %(kind)s::text
            OR s.is_inferred AND 'inferred_' || s.kind = %(kind)s::text
        )
    UNION ALL
    SELECT w.workspace_id, w.task_id, coalesce(u.person, w.author_id), w.started_at, 'worklog', NULL, FALSE,
        w.duration_ms, NULL
    FROM worklogs AS w
    LEFT JOIN accounts AS u ON u.workspace_id = w.workspace_id AND u.id = w.author_id
    WHERE w.duration_ms IS NOT NULL AND NOT w.is_written_back AND u.is_service_user IS NOT TRUE
        AND w.started_at >= %(since_at)s::timestamptz
        AND (%(until_at)s::timestamptz IS NULL OR w.started_at < %(until_at)s::timestamptz)
        AND coalesce(%(kind)s::text, 'worklog') = 'worklog'
)
SELECT e.workspace_id, e.task_id, t.name AS task_name, e.occurred_at, e.kind, e.title, e.is_inferred,
    e.duration_ms, e.event_url, t.url
FROM events AS e
LEFT JOIN tasks AS t ON t.workspace_id = e.workspace_id AND t.id = e.task_id
WHERE (%(workspaces)s::text[] IS NULL OR e.workspace_id = ANY (%(workspaces)s::text[]))
    AND (%(spaces)s::text[] IS NULL OR t.space_id = ANY (%(spaces)s::text[]))
    AND (
        %(lists)s::text[] IS NULL OR t.list_id = ANY (%(lists)s::text[])
        OR e.task_id = ANY (%(list_tasks)s::text[])
    )
    AND (%(team_emails)s::text[] IS NULL OR e.person = ANY (%(team_emails)s::text[]))
    AND (%(task)s::text IS NULL OR coalesce(e.task_id, 'none') = %(task)s::text)
ORDER BY e.occurred_at DESC, e.task_id, e.kind
LIMIT %(limit)s
