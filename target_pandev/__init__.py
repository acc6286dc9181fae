"""target-pandev: loads Singer streams into PanDev's store and joins ClickUp's tasks with git.

`target` routes each message that `messages` reads to one of the `sinks`, which validate, encode and
load batches. They share the `session` of a run. `settings` are the settings, `errors` the errors,
`sdk_patches` works around the Singer SDK, `log_lines` keeps names from forging lines, `wording`
formats counts.

Pure modules: `schema_references` resolves a stream's schema, `columns` and `rows` encode records,
`schema_errors` describes invalid ones, `completed_reads` and `table_versions` decide what was read,
`deletion_limit` how much of the rest may be deleted. `ancestry` finds the commits of a branch,
`merge_messages` whether a merge brought work of the task that it names.
`emitted_states` marks states, by which a store recognises its own, and `bisection` finds invalid
rows.

`end_of_input` waits for the tap after a fatal error. `open_store` opens the store: a `database` at
an address, or the `embedded` PostgreSQL. `backup` dumps and restores it. `sql` has the migrations,
views and longer statements.
"""
