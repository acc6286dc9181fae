"""The webhooks at ClickUp.

`registrar` creates and repairs them, `monitor` detects gaps in their deliveries, `secret_store`
stores their secrets.
"""
