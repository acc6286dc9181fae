"""tap-ide: editor activity of employees, as its time and context only.

`event_files` reads PanDev's event files, `client` requests heartbeats from a WakaTime-compatible
server, `heartbeats` decodes them and `progress` notes which days were read. `events` makes records
of both, `settings` parses the settings, `sync` is what the run shares, `streams` and `tap` are the
Singer tap, `errors` are its errors.
"""

from tap_ide.tap import TapIde, main

__all__ = ["TapIde", "main"]
