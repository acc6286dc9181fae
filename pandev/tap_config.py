"""The settings of tap-clickup as every process of the project has them, and requests with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clickup_receiver.meltano_project import TAP
from clickup_receiver.receiver_context import RECEIVER_SHARE
from pandev.meltano_files import find_select
from pandev.stream_select import apply_select
from tap_clickup.errors import ConfigurationError
from tap_clickup.sync import SyncContext
from tap_clickup.tap import SOURCES, TapClickUp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clickup_receiver.meltano_project import MeltanoProject

WITHOUT_TOKEN: Final = "api_token: missing; "  # noqa: S105 - the begin of an error
HOW_TO_SAVE: Final = "save it with pandev token"
ADVICE: Final = "pandev settings shows each setting, and where it comes from"


def make_tap(project: MeltanoProject | None) -> TapClickUp:
    """Return the tap with the validated settings and the selected streams and fields.

    Raises `ConfigurationError`.
    """
    settings = project.read_settings(TAP) if project else None
    patterns = find_select(project, TAP) if project else None
    try:
        tap = TapClickUp(config=settings, parse_env_config=settings is None)
        if patterns is None:
            return tap
        catalog = apply_select(tap.catalog_dict, patterns)
        return TapClickUp(config=settings, parse_env_config=settings is None, catalog=catalog)
    except ConfigurationError as error:
        advice = HOW_TO_SAVE if str(error).startswith(WITHOUT_TOKEN) else ADVICE
        raise ConfigurationError(str(error).replace(SOURCES, advice)) from None


def read_tap_config(project: MeltanoProject | None) -> Mapping[str, Any]:
    """Return the validated settings, with their defaults. Raises `ConfigurationError`."""
    return make_tap(project).config


def quiet_context(config: Mapping[str, Any]) -> SyncContext:
    """Return a context for a command that prints what could not be read, so it is not logged."""
    return SyncContext(config, rate_limit_share=RECEIVER_SHARE, logs_failures=False)
