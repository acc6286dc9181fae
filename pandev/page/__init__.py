"""The page of `pandev serve`: tabs with pictures and tables of the store's views, without scripts.

`server` is the HTTP server, `app` answers requests, `security` sets the headers of responses,
`answers` keeps pages until something is written, `content` reads what they show, `connections` has
the connections to the store, and `filters` is what an address limits the figures to. `tabs` lists
the tabs and `figures` is what a figure is; `integration`, `work`, `flow`, `sprints`, `time_spent`
and `trust` declare those of each tab. `rendering` turns figures into HTML with the files in
`templates`; `cells` writes values, `drawing` has the primitives of SVG and `charts` the kinds of
charts.
"""
