"""The commands of `pandev`: `report` has a package of its own, the others a module each.

`connect` registers webhooks, `employees` loads people, `reporting` sets time zone and working
hours, and `store` is for the database.
"""
