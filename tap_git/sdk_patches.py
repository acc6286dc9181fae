"""Workarounds for the Singer SDK, checked against singer-sdk 0.54.9.

With another version of the SDK compare them with the methods they replace.
"""

from __future__ import annotations

from singer_sdk import Tap


def print_about(tap: type[Tap], *, about: bool, about_format: str | None) -> None:
    """Print the description of the plugin and exit, if `about`.

    This is `PluginBase.invoke`. `Tap.invoke`, which extends it, creates and runs a tap without
    returning it, and tap-git has to log the failures of that tap afterwards.
    """
    super(Tap, tap).invoke(about=about, about_format=about_format)
