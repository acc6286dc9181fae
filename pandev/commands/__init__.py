"""The commands of `pandev`: `report` has a package of its own, the others a module each.

`check` checks ClickUp and the store, `settings` shows the settings, `scopes` selects what is read,
and `switch` has `enable` and `disable`. `token` saves the token, `connect` registers webhooks,
`doctor` finds troubles, `employees` loads people, `rejected` loads rejected records again,
`reporting` sets time zone and working hours, `serve` shows the page, `status` whether data is up to
date, `sync` loads what has changed, `verify` compares it with ClickUp, and `worklogs` writes time
there. `store` is for the database, with `store_reader` for BI tools and `store_upgrade`.
"""
