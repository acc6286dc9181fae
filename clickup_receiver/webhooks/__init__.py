"""The webhooks at ClickUp.

`registrar` creates and repairs them, `monitor` checks their health, `secret_store` keeps secrets.
"""
