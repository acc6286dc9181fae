-- Comments on all tables, and on the columns that had none: docs/reference/store.md shows them.

COMMENT ON TABLE workspaces IS 'Workspaces of ClickUp that the token sees';

COMMENT ON TABLE users IS
    'Members of workspaces, and former members who were seen on tasks or time entries';
COMMENT ON COLUMN users.username IS 'Display name; null for an invited user';
COMMENT ON COLUMN users.role IS '1 owner, 2 admin, 3 member, 4 guest; null for former members';
COMMENT ON COLUMN users.is_member IS
    'Whether the user was in the workspace''s list of members at the last read';

COMMENT ON TABLE spaces IS 'Spaces, live and archived';
COMMENT ON COLUMN spaces.sprints_enabled IS
    'Whether the Sprints ClickApp is on; null if ClickUp does not report it';
COMMENT ON COLUMN spaces.points_enabled IS
    'Whether the Sprint Points ClickApp is on; null if ClickUp does not report it';
COMMENT ON COLUMN spaces.time_tracking_enabled IS
    'Whether the Time Tracking ClickApp is on; null if ClickUp does not report it';

COMMENT ON TABLE folders IS 'Folders and subfolders, live and archived';
COMMENT ON COLUMN folders.override_statuses IS
    'Whether it has statuses of its own, instead of those of its parent folder or space';

COMMENT ON TABLE lists IS 'Lists, live and archived';
COMMENT ON COLUMN lists.folder_id IS 'Null for a list without a folder';
COMMENT ON COLUMN lists.override_statuses IS
    'Whether it has statuses of its own, instead of those of its folder or space';
COMMENT ON COLUMN lists.task_count IS 'Number of its tasks as counted by ClickUp, approximate';
COMMENT ON COLUMN lists.start_date IS 'Start date, such as the first day of a sprint';
COMMENT ON COLUMN lists.due_date IS 'Due date, such as the last day of a sprint';

COMMENT ON TABLE statuses IS
    'Statuses of spaces, and of folders and lists that override those of their parent';
COMMENT ON COLUMN statuses.scope_type IS 'space, folder or list: what defines the status';
COMMENT ON COLUMN statuses.scope_id IS 'Id of that space, folder or list';
COMMENT ON COLUMN statuses.status IS 'Name, which identifies the status within its scope';
COMMENT ON COLUMN statuses.status_type IS
    'open, unstarted, custom, done or closed; status_groups has PanDev''s group of each';
COMMENT ON COLUMN statuses.orderindex IS 'Position in the workflow';

COMMENT ON TABLE tasks IS 'Tasks and subtasks, as they were last read';
COMMENT ON COLUMN tasks.id IS 'Task id, as in CU-86abc1d2e, without the prefix';
COMMENT ON COLUMN tasks.custom_id IS 'Custom task id such as DEV-123';
COMMENT ON COLUMN tasks.status_type IS 'Type of its status: open, unstarted, custom, done or closed';
COMMENT ON COLUMN tasks.priority IS '1 urgent, 2 high, 3 normal, 4 low; null without a priority';
COMMENT ON COLUMN tasks.assignee_ids IS 'Ids of all assignees';
COMMENT ON COLUMN tasks.list_id IS 'Its home list';
COMMENT ON COLUMN tasks.folder_id IS 'Null for a task in a list without a folder';
COMMENT ON COLUMN tasks.secondary_list_ids IS 'Ids of other lists that it was added to';
COMMENT ON COLUMN tasks.parent_id IS 'The task that it is a subtask of';
COMMENT ON COLUMN tasks.top_level_parent_id IS 'The task at the top of its tree of subtasks';
COMMENT ON COLUMN tasks.tags IS 'Names of its tags';
COMMENT ON COLUMN tasks.points IS 'Sprint points; null is not the same as 0';
COMMENT ON COLUMN tasks.time_estimate_ms IS 'Estimate in milliseconds, possibly with a fraction';
COMMENT ON COLUMN tasks.date_updated IS
    'When it was last edited: its versions are ordered by this time';
COMMENT ON COLUMN tasks.date_done IS 'When it was done or closed';
COMMENT ON COLUMN tasks.date_closed IS 'When it was closed';
COMMENT ON COLUMN tasks.archived IS 'Whether the task itself is archived';

COMMENT ON TABLE time_entries IS 'Tracked time of users, with or without a task';
COMMENT ON COLUMN time_entries.space_id IS
    'The space of its task; null if ClickUp does not report it';
COMMENT ON COLUMN time_entries.is_running IS 'Whether its timer was running at the last read';
COMMENT ON COLUMN time_entries.date_updated IS 'When it was last edited';

COMMENT ON COLUMN sprints.archived IS 'Whether its list is archived';

COMMENT ON TABLE time_in_status IS
    'How long each task was in each status, as counted by ClickUp';
COMMENT ON COLUMN time_in_status.is_current IS 'Whether the task was in it at the last read';
COMMENT ON COLUMN time_in_status.orderindex IS 'Position of the status in the workflow';

COMMENT ON COLUMN task_changes.id IS 'Id of the item in the history of the task';
COMMENT ON COLUMN task_changes.list_id IS 'The list that the task was in';
COMMENT ON COLUMN task_changes.changed_at IS 'When it changed, by the clock of ClickUp';
COMMENT ON COLUMN task_changes.from_status_type IS 'Type of the previous status; null for other fields';
COMMENT ON COLUMN task_changes.to_status_type IS 'Type of the new status; null for other fields';

COMMENT ON TABLE webhooks IS 'Webhooks of the token''s user and their health, without their secrets';
COMMENT ON COLUMN webhooks.user_id IS 'The user who created it';
COMMENT ON COLUMN webhooks.events IS 'Names of the events that it sends; * is all of them';
COMMENT ON COLUMN webhooks.space_id IS 'The space that it is limited to';
COMMENT ON COLUMN webhooks.folder_id IS 'The folder that it is limited to';
COMMENT ON COLUMN webhooks.list_id IS 'The list that it is limited to';
COMMENT ON COLUMN webhooks.task_id IS 'The task that it is limited to';
COMMENT ON COLUMN webhooks.health_status IS 'active, failing or suspended';

COMMENT ON TABLE sync_runs IS 'Runs of tap-clickup, one row for each workspace';
COMMENT ON COLUMN sync_runs.source IS 'tap-clickup for a poll, tap-clickup-sweep for a sweep';
COMMENT ON COLUMN sync_runs.finished_at IS 'When its last stream ended';
COMMENT ON COLUMN sync_runs.complete IS 'Whether every selected stream was read completely';
COMMENT ON COLUMN sync_runs.records IS 'Numbers of records that were read, by stream';
COMMENT ON COLUMN sync_runs.requests IS
    'Number of requests that the run had sent so far, for all its workspaces';
COMMENT ON COLUMN sync_runs.retries IS
    'Number of requests that were repeated after 429, 5xx or a lost connection';
COMMENT ON COLUMN sync_runs.waited_seconds IS
    'Seconds waited for the rate limit and between retries';
COMMENT ON COLUMN sync_runs.refused IS
    'What could not be read because ClickUp denied access or failed, and why';

COMMENT ON TABLE repositories IS 'Git repositories';
COMMENT ON COLUMN repositories.id IS
    'Address of the remote origin without user and port, as host/group/repository';
COMMENT ON COLUMN repositories.path IS 'Group, subgroups and name at the host';

COMMENT ON TABLE branches IS 'Branches of repositories';
COMMENT ON COLUMN branches.head_sha IS 'Its newest commit';
COMMENT ON COLUMN branches.is_default IS 'Whether it is the default branch of its repository';

COMMENT ON TABLE commits IS 'Commits of repositories, without the contents of files';
COMMENT ON COLUMN commits.authored_at IS 'When the author wrote it; a rebase keeps this time';
COMMENT ON COLUMN commits.committed_at IS 'When it was committed; a rebase changes this time';
COMMENT ON COLUMN commits.parents IS
    'Hashes of its parents, of which a merge has several: the first is the branch merged into';

COMMENT ON COLUMN ide_events.activity_type IS 'Kind of activity, such as edit, coding or debugging';
COMMENT ON COLUMN ide_events.project IS 'Project in the editor';
COMMENT ON COLUMN ide_events.branch IS 'Branch that was checked out';

COMMENT ON COLUMN ide_intervals.email IS 'E-mail address of the employee, as in ide_events';
COMMENT ON COLUMN ide_intervals.active_ms IS 'From started_at to ended_at';

COMMENT ON COLUMN employees.email IS 'Address of the employee, and the key';
COMMENT ON COLUMN employees.github_login IS
    'Login at GitHub, by which the noreply address of its commits is known';

COMMENT ON COLUMN reporting.time_zone IS 'Name of the time zone, such as Europe/Berlin';

COMMENT ON COLUMN status_groups.status_type IS 'ClickUp''s type of a status';
COMMENT ON COLUMN status_groups.status_group IS 'OPEN, IN_PROGRESS or CLOSED';

COMMENT ON COLUMN task_versions.status_type IS
    'Type of its status: open, unstarted, custom, done or closed';
COMMENT ON COLUMN task_versions.priority IS '1 urgent, 2 high, 3 normal, 4 low';
COMMENT ON COLUMN task_versions.assignee_ids IS 'Ids of all assignees';
COMMENT ON COLUMN task_versions.group_assignee_ids IS 'Ids of the groups that it was assigned to';
COMMENT ON COLUMN task_versions.secondary_list_ids IS 'Ids of other lists that it was in';
COMMENT ON COLUMN task_versions.points IS 'Sprint points';
COMMENT ON COLUMN task_versions.time_estimate_ms IS 'Estimate in milliseconds';

COMMENT ON COLUMN task_transitions.from_status_type IS 'Type of the previous status';
COMMENT ON COLUMN task_transitions.to_status_type IS 'Type of the new status';
COMMENT ON COLUMN task_transitions.is_inferred IS
    'Whether no webhook reported it, so that its time is known by bounds only';
COMMENT ON COLUMN task_transitions.next_is_inferred IS 'Whether the next transition is inferred';

COMMENT ON COLUMN task_references.source IS
    'branch, commit, pull_request, or ide_branch for a branch of an editor';

COMMENT ON COLUMN working_calendar.part IS 'Name of a part of the calendar';
COMMENT ON COLUMN working_calendar.numbers IS 'The numbers of that part, in order';

COMMENT ON COLUMN completed_reads.key_properties IS
    'Properties that identify a row within the scope';
COMMENT ON COLUMN completed_reads.finished_at IS 'When its last response was received';

COMMENT ON COLUMN rejected_records.record_hash IS
    'Hash of the record: one that is sent again is stored once';
COMMENT ON COLUMN rejected_records.key IS 'Values of the key of its stream, if it has them';
COMMENT ON COLUMN rejected_records.field IS 'The field that is at fault; null for the record as a whole';
COMMENT ON COLUMN rejected_records.reason IS 'Why it was rejected, without the value';
COMMENT ON COLUMN rejected_records.record IS 'Its fields for which the table has columns';

COMMENT ON COLUMN tombstones.deleted_at IS 'When the row was deleted at its source, or marked here';

COMMENT ON COLUMN emitted_states.run_id IS 'Random id of a run, which its states contain';

COMMENT ON COLUMN reference_rules.task_id_prefix IS 'Prefix of task ids, by default CU-';
COMMENT ON COLUMN reference_rules.hash_task_ids IS 'Whether # and a task id are a reference';

COMMENT ON TABLE schema_versions IS
    'Migrations that were applied to this schema; the newest row records its views';
