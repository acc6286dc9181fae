"""Workarounds for the Singer SDK, checked against singer-sdk 0.54.9.

Each one replaces a method that the SDK offers no setting for. With another version of the SDK
compare them with the methods they replace.
"""

from __future__ import annotations

from typing import Any

from singer_sdk import Target


def append_plugin_settings(target: type[Target], schema: dict[str, Any]) -> None:
    """Add the SDK's settings for stream maps and flattening to a schema of settings.

    `Target.append_builtin_config` also adds settings such as `load_method`, which have no effect
    here. This calls the method that it extends, `PluginBase.append_builtin_config`.
    """
    super(Target, target).append_builtin_config(schema)
