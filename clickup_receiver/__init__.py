"""clickup-receiver: ClickUp's webhooks in, the tap's messages out. May import tap_clickup.

`http` answers ClickUp, `inbox` keeps each delivery until it is loaded, `feed` turns pending events
into messages for the target, `webhooks` registers and checks the webhooks at ClickUp, `schedule`
runs the poll and the sweep. `service` runs all of it, `cli` reads the settings.
"""
