"""Respond to ClickUp: verify a delivery, store it durably, respond 200.

`server` starts the servers, `limited_protocol` limits connections and requests, `log_limit` log
lines. `app` contains the endpoints, `signature` verifies, `group_commit` stores concurrent
deliveries together, `metrics` defines the exported metrics. None of them knows the meaning of an
event.
"""
