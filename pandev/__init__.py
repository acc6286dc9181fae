"""The operator's command `pandev`: the only package that may import the others.

`cli` is the command, `commands` its commands, `report` the sections of `pandev report`, `status`
the state that `pandev status` shows, `page` what `pandev serve` shows, `sync` the run of the
Meltano job, `diagnosis` the checks of `pandev doctor`, `verification` the comparison of `pandev
verify`, `rejected` another attempt to load records, `worklogs` what is written to ClickUp, and
`sql` their statements. `console` prints tables, facts and JSON, `store_options` locates the store,
`receiver_options` the receiver, `worklog_options` has the rules of written worklogs,
`project_settings` the settings of all plugins, `reporting` parses the options of `pandev
reporting`, and `employees` reads the file of `pandev employees load`. `meltano_console` filters
what `meltano run` shows.

`connection` checks the connection to ClickUp, `connect_report` prints what `pandev connect` does,
`scope_tree` reads what the token sees, and
`scope_selection` selects parts of it. `env_settings` saves settings in `.env`, `tap_config` reads
those of the tap, `effective_settings` those of all plugins with their sources, `meltano_files`
locates them in a Meltano project, and `stream_select` applies its `select` to a catalog.
"""
