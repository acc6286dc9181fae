"""tap-clickup: reads ClickUp as Singer streams. It does not know PostgreSQL or PanDev.

`tap` is the Singer tap, `sync` what the `streams` of one run share. `readers` read pages and slices
through the `client`, which keeps the `rate_limit`; `hierarchy` reads spaces, folders and lists.
Pure modules decide what to request and convert what was received: `keyset`, `date_slices` and
`bisect_requests`; `records`, `custom_fields`, `sprints` and `conversions`. `sync_report` collects
what could not be read, `errors` are the reasons.
"""
