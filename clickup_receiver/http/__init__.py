"""Answers ClickUp: verify, store durably, 200. Knows nothing of what an event means.

`server` limits connections and headers, `app` routes and answers, `signature` verifies,
`group_commit` makes concurrent deliveries durable together.
"""
