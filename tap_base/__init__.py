"""What the taps have in common. It knows none of their sources.

`tap` is the base of every tap: its command line and the files that it is passed, which
`input_files` checks. `sources_tap` is that of a tap which goes on if a source cannot be read,
`sources_context` the settings and failures of its run. `streams` are the bases of their streams,
`stream_maps` determines which properties that setting changes, `writer` writes the messages.
"""
