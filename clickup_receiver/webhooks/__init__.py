"""The webhooks at ClickUp.

`registrar` creates and repairs them, `webhook_status` is what it returns, `monitor` detects gaps in
their deliveries, `secret_store` stores their secrets.
"""
