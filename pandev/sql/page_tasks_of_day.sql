-- The tasks that daily_flow counts at the end of the chosen day, or of today: those that had got a status by
-- then and left it later, or not at all. A new task counts as open before its first known status.
-- Both halves are read by themselves: the newest of each by the index on changed_at.
WITH stays AS (
    (
        SELECT t.workspace_id, t.task_id, t.to_status AS status, t.to_status_group AS status_group,
            t.changed_at AS since_at, t.is_inferred, o.name, o.list_name, o.url
        FROM status_transitions AS t
        LEFT JOIN task_overview AS o ON o.workspace_id = t.workspace_id AND o.task_id = t.task_id
        WHERE num_nonnulls(o.task_id) <> 0
            AND t.changed_at < coalesce(%(day_end)s::timestamptz, 'infinity')
            AND (
                t.next_changed_at IS NULL
                OR t.next_changed_at >= coalesce(%(day_end)s::timestamptz, 'infinity')
            )
            AND (%(group)s::text IS NULL OR t.to_status_group = %(group)s::text)
            AND (%(status)s::text IS NULL OR lower(t.to_status) = %(status)s::text)
            AND (%(kind)s::text IS NULL OR %(kind)s::text = 'inferred' AND t.is_inferred)
            AND (%(workspaces)s::text[] IS NULL OR o.workspace_id = ANY (%(workspaces)s::text[]))
            AND (%(spaces)s::text[] IS NULL OR o.space_id = ANY (%(spaces)s::text[]))
        ORDER BY t.changed_at DESC, t.task_id
        LIMIT %(limit)s
    )
    UNION ALL
    (
        SELECT t.workspace_id, t.task_id, NULL, 'OPEN', t.changed_after, TRUE, o.name, o.list_name, o.url
        FROM status_transitions AS t
        LEFT JOIN task_overview AS o ON o.workspace_id = t.workspace_id AND o.task_id = t.task_id
        WHERE num_nonnulls(o.task_id) <> 0
            AND t.from_status IS NULL
            AND t.changed_at >= coalesce(%(day_end)s::timestamptz, 'infinity')
            AND t.changed_after < coalesce(%(day_end)s::timestamptz, 'infinity')
            AND (%(group)s::text IS NULL OR %(group)s::text = 'OPEN')
            AND %(status)s::text IS NULL
            AND (%(kind)s::text IS NULL OR %(kind)s::text = 'inferred')
            AND (%(workspaces)s::text[] IS NULL OR o.workspace_id = ANY (%(workspaces)s::text[]))
            AND (%(spaces)s::text[] IS NULL OR o.space_id = ANY (%(spaces)s::text[]))
        ORDER BY t.changed_after DESC, t.task_id
        LIMIT %(limit)s
    )
)
SELECT s.*
FROM stays AS s
ORDER BY s.since_at DESC, s.task_id
LIMIT %(limit)s
