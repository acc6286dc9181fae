"""The commands of `pandev`: `report` has a package of its own, the others a module each.

`check` checks ClickUp and the store, `settings` shows the settings, `scopes` selects what is read,
and `switch` has `enable` and `disable`. `connect` registers webhooks, `employees` loads people,
`reporting` sets time zone and working hours, and `store` is for the database.
"""
