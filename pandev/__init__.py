"""The operator's command `pandev`: the only package that may import the others.

`cli` is the command, `commands` its commands, `report` the sections of `pandev report`, and `sql`
their statements. `console` prints tables, facts and JSON, `store_options` locates the store,
`reporting` parses the options of `pandev reporting`, and `employees` reads the file of
`pandev employees load`. `connection` checks the connection to ClickUp, `env_settings` saves
settings in `.env`, and `meltano_files` locates those of a Meltano project. `meltano_console`
filters what `meltano run` shows.
"""
