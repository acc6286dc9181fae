"""The operator's command `pandev`: the only package that may import the others.

`cli` is the command, `report` the tables of `pandev report`, `sql` their statements, `reporting`
the options of `pandev reporting`. `employees` reads the file of `pandev employees load`.
`meltano_console` filters what `meltano run` shows.
"""
