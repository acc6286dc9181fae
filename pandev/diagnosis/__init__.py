"""What `pandev doctor` looks at: small checks, each with its result and remedy.

`check` is what a check is, and runs one under a guard. `clickup` asks ClickUp, `store` and
`freshness` read the store, `webhooks` and `delivery` look at what delivers changes, `machine` at
disk, versions and files. `examination` has what they share, and `checks` is the list.
"""
