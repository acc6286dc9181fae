"""The operator's command `pandev`: the only package that may import the others.

`cli` is the command, `report` the sections of `pandev report`, `sql` their statements, `reporting`
the options of `pandev reporting`, `store_options` those that locate the store. `employees` reads
the file of `pandev employees load`. `meltano_console` filters what `meltano run` shows.
"""
