"""tap-clickup: reads ClickUp as Singer streams. It does not know PostgreSQL or PanDev.

`tap` is the Singer tap, `settings` are its settings, `validation` checks them and the state,
`open_files` finds secrets that others can read, `writer` writes the messages, `schemas` are those
of the `streams`, `access` is what the token's user may do, `wording` formats counts.

`sync` is what the streams of one run share: the `selection` of spaces, one `workspace` after
another with its `hierarchy` of spaces, folders and lists, `task_sync` and `time_in_status_backlog`,
`read_scope` (what was read completely), `sync_report` (what was not, with its `odd_objects`) and
`progress`. `walks` decides with `webhook_coverage` which spaces are walked again, and `folder_tree`
which folders are in which.

`readers` read pages and slices through the `client`, which keeps the `rate_limit`, compares the
`clock`, sends by the `timed_adapter`, refuses what is not among the `allowed_writes` and logs while
it is `waiting`; `prefetch` runs several at once. Pure modules decide what to request and convert
what was received: `keyset`, `date_slices`, `sent_days` and `bisect_requests`; `urls`, `api_token`,
`extracted`, `records`, `custom_fields`, `sprints`, `sprint_records`, `worklog_marker`, `fields`,
`json_decoder`, `task_shape`, `packed` and `conversions`. `request_stats` counts what the client
sends. `memory` keeps the process small. `errors` are the reasons why something could not be read.
"""
