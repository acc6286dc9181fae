"""clickup-receiver: load ClickUp's webhooks as the tap's messages. May import tap_clickup.

`http` responds to ClickUp, `inbox` stores each delivery until it is loaded, `feed` loads pending
events into the target, `webhooks` registers and checks the webhooks at ClickUp, `schedule` runs the
poll and the sweep. `service` runs all of these, `settings` are its settings and
`receiver_context` its use of the tap's. `meltano_project` reads what `meltano.yml` sets,
`meltano_jobs` finds its poll and sweep, and `project_options` are options that default to it.
`data_dir` says where files are, `audit_log` records who changed what, `cli` is the command.
"""
