-- Whether the figures of a workspace can be trusted, and where to look if not. A null means that nothing
-- is known, a zero that something was counted.
--
-- The share of inferred transitions is that of the 300 tasks that were updated last: it shows whether
-- webhooks arrive now. Tasks of the first load have inferred ones only, and would hide that.
-- Commits and rejected records belong to no workspace, or not always: such columns say so.
-- Cost: a count of the workspace's tasks, the transitions of 300 of them, all commits, and all people.

CREATE OR REPLACE VIEW data_trust AS
SELECT w.id AS workspace_id, w.name AS workspace_name,
    c.finished_at AS last_complete_run_at,
    (extract(EPOCH FROM pg_catalog.now() - c.finished_at) * 1000)::bigint AS last_complete_run_age_ms,
    d.finished_at AS last_complete_sweep_at,
    r.source AS last_run_source, r.started_at AS last_run_started_at, r.complete AS last_run_is_complete,
    CASE pg_catalog.jsonb_typeof(r.refused) WHEN 'array' THEN pg_catalog.jsonb_array_length(r.refused) END
        AS refused_objects,
    r.refused, r.notes,
    (
        SELECT pg_catalog.count(*)
        FROM rejected_records AS j
        WHERE j.record ->> 'workspace_id' = w.id
    ) AS rejected_records,
    x.rejected AS rejected_without_workspace,
    (
        SELECT pg_catalog.count(*)
        FROM tasks AS t
        WHERE t.workspace_id = w.id AND t._sdc_deleted_at IS NULL
    ) AS stored_tasks,
    n.live_tasks, n.approximate_task_count, n.finished_at AS live_tasks_counted_at,
    coalesce(h.webhooks, 0) AS webhooks, h.unhealthy AS unhealthy_webhooks, h.health_statuses,
    (
        SELECT pg_catalog.max(k.changed_at)
        FROM task_changes AS k
        WHERE k.workspace_id = w.id AND k._sdc_deleted_at IS NULL
    ) AS last_reported_change_at,
    s.transitions AS recent_transitions,
    CASE WHEN s.transitions > 0 THEN pg_catalog.round(s.inferred::numeric / s.transitions, 3) END
        AS inferred_share,
    (
        SELECT pg_catalog.count(*)
        FROM users AS u
        WHERE u.workspace_id = w.id AND u._sdc_deleted_at IS NULL
            AND u.is_member IS NOT FALSE AND u.is_service_user IS NOT TRUE
    ) AS users,
    CASE WHEN x.employees > 0 THEN coalesce(u.unmatched, 0) END AS users_without_employee,
    l.commits, l.without_task AS commits_without_task
FROM workspaces AS w
CROSS JOIN (
    SELECT
        (SELECT pg_catalog.count(*) FROM rejected_records AS j WHERE j.record ->> 'workspace_id' IS NULL)
            AS rejected,
        (SELECT pg_catalog.count(*) FROM employees AS e WHERE e._sdc_deleted_at IS NULL) AS employees
) AS x
CROSS JOIN (
    SELECT
        (
            SELECT pg_catalog.count(*)
            FROM commits AS c
            WHERE c._sdc_deleted_at IS NULL AND is_counted_commit(c.parents, c.author_name, c.author_email)
        ) AS commits,
        (SELECT pg_catalog.count(*) FROM unlinked_commits) AS without_task
) AS l
LEFT JOIN LATERAL (
    SELECT r.finished_at
    FROM sync_runs AS r
    WHERE r.workspace_id = w.id AND r.complete
    ORDER BY r.finished_at DESC NULLS LAST
    LIMIT 1
) AS c ON TRUE
LEFT JOIN LATERAL (
    SELECT r.finished_at
    FROM sync_runs AS r
    WHERE r.workspace_id = w.id AND r.complete AND r.source = 'tap-clickup-sweep'
    ORDER BY r.finished_at DESC NULLS LAST
    LIMIT 1
) AS d ON TRUE
LEFT JOIN LATERAL (
    SELECT r.source, r.started_at, r.complete, r.refused, r.notes
    FROM sync_runs AS r
    WHERE r.workspace_id = w.id AND r.finished_at IS NOT NULL
    ORDER BY r.started_at DESC
    LIMIT 1
) AS r ON TRUE
LEFT JOIN LATERAL (
    SELECT r.live_tasks, r.approximate_task_count, r.finished_at
    FROM sync_runs AS r
    WHERE r.workspace_id = w.id AND r.live_tasks IS NOT NULL
    ORDER BY r.started_at DESC
    LIMIT 1
) AS n ON TRUE
LEFT JOIN LATERAL (
    SELECT pg_catalog.count(*) AS webhooks,
        pg_catalog.count(*) FILTER (WHERE k.health_status IS DISTINCT FROM 'active') AS unhealthy,
        pg_catalog.array_agg(DISTINCT coalesce(k.health_status, 'unknown')) AS health_statuses
    FROM webhooks AS k
    LEFT JOIN completed_reads AS c
        ON c.workspace_id = k.workspace_id AND c.stream = 'webhooks' AND c.scope = 'all'
    WHERE k.workspace_id = w.id AND k._sdc_deleted_at IS NULL
        AND coalesce((c.conditions -> 'user_id' -> 'in') ? k.user_id, TRUE)
    HAVING pg_catalog.count(*) > 0
) AS h ON TRUE
LEFT JOIN LATERAL (
    SELECT pg_catalog.count(*) AS transitions,
        pg_catalog.count(*) FILTER (WHERE s.is_inferred) AS inferred
    FROM (
        SELECT t.id
        FROM tasks AS t
        WHERE t.workspace_id = w.id AND t._sdc_deleted_at IS NULL AND t.date_updated IS NOT NULL
        ORDER BY t.date_updated DESC, t.id
        LIMIT 300
    ) AS t
    CROSS JOIN LATERAL (
        SELECT s.is_inferred
        FROM status_transitions AS s
        WHERE s.workspace_id = w.id AND s.task_id = t.id AND s.from_status IS NOT NULL
        OFFSET 0
    ) AS s
) AS s ON TRUE
LEFT JOIN (
    SELECT p.workspace_id, pg_catalog.count(*) AS unmatched
    FROM unmatched_people AS p
    INNER JOIN users AS u ON u.workspace_id = p.workspace_id AND u.id = p.user_id
    WHERE p.source = 'clickup' AND u._sdc_deleted_at IS NULL AND u.is_member IS NOT FALSE
    GROUP BY p.workspace_id
) AS u ON u.workspace_id = w.id
WHERE w._sdc_deleted_at IS NULL;
COMMENT ON VIEW data_trust IS
    'One row per workspace: how old and how complete its data is, and what is missing. Null means that nothing is known';
COMMENT ON COLUMN data_trust.last_complete_run_at IS
    'End of the latest run of tap-clickup, poll or sweep, that read everything it should';
COMMENT ON COLUMN data_trust.last_complete_sweep_at IS
    'End of the latest complete sweep, which finds deletions; null if there was none';
COMMENT ON COLUMN data_trust.last_run_is_complete IS 'Whether the latest run that ended read everything it should';
COMMENT ON COLUMN data_trust.refused_objects IS
    'Number of objects that the latest run could not read; refused has them with the reasons';
COMMENT ON COLUMN data_trust.notes IS 'Limitations of the latest run that are not failures';
COMMENT ON COLUMN data_trust.rejected_records IS
    'Records of the workspace that could not be loaded: table rejected_records has them with the reasons';
COMMENT ON COLUMN data_trust.rejected_without_workspace IS
    'Rejected records that name no workspace, as those of git; the same number for all workspaces';
COMMENT ON COLUMN data_trust.stored_tasks IS
    'Tasks in the store that are not deleted, archived ones too. Without a sweep, tasks before start_date are not loaded';
COMMENT ON COLUMN data_trust.live_tasks IS
    'Tasks that the latest run which counted them saw in ClickUp, at live_tasks_counted_at';
COMMENT ON COLUMN data_trust.approximate_task_count IS
    'Sum of ClickUp''s own counts of its live lists in that run, which are approximate';
COMMENT ON COLUMN data_trust.webhooks IS
    'Webhooks of the user of tap-clickup''s token; 0: changes come by polling only';
COMMENT ON COLUMN data_trust.unhealthy_webhooks IS
    'How many of them ClickUp does not report as active; null without webhooks';
COMMENT ON COLUMN data_trust.last_reported_change_at IS
    'The latest change of a task that a webhook reported; null if there was none';
COMMENT ON COLUMN data_trust.recent_transitions IS
    'Status transitions of the 300 tasks that were updated last, without the first known status of each';
COMMENT ON COLUMN data_trust.inferred_share IS
    'Share of them that is inferred, from 0 to 1, because no webhook reported it; null without any';
COMMENT ON COLUMN data_trust.users IS 'Members of the workspace, without the user of tap-clickup''s token';
COMMENT ON COLUMN data_trust.users_without_employee IS
    'How many of them are in unmatched_people; null if no employees are loaded';
COMMENT ON COLUMN data_trust.commits IS
    'Commits of all repositories as link_coverage counts them; the same number for all workspaces';
COMMENT ON COLUMN data_trust.commits_without_task IS
    'How many of them neither name a task that exists, in any workspace, nor are linked with one by their history: unlinked_commits lists them';
COMMENT ON COLUMN data_trust.last_complete_run_age_ms IS 'From last_complete_run_at until now';
COMMENT ON COLUMN data_trust.last_run_source IS 'tap-clickup for a poll, tap-clickup-sweep for a sweep';
COMMENT ON COLUMN data_trust.refused IS 'What the latest run could not read, and why';
COMMENT ON COLUMN data_trust.health_statuses IS
    'The different states of its webhooks: active, failing, suspended or unknown';
COMMENT ON COLUMN data_trust.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN data_trust.workspace_name IS 'As last read';
COMMENT ON COLUMN data_trust.last_run_started_at IS 'Start of the last run that has ended';
COMMENT ON COLUMN data_trust.live_tasks_counted_at IS 'End of the last run that counted live_tasks';
