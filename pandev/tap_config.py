"""The settings of tap-clickup as every process of the project has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clickup_receiver.meltano_project import TAP
from tap_clickup.tap import TapClickUp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clickup_receiver.meltano_project import MeltanoProject


def read_tap_config(project: MeltanoProject | None) -> Mapping[str, Any]:
    """Return the validated settings, with their defaults. Raises `ConfigurationError`."""
    settings = project.read_settings(TAP) if project else None
    return TapClickUp(config=settings, parse_env_config=settings is None).config
