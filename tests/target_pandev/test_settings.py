"""An invalid setting is reported by its name, and never with its value: it may be a password."""

from __future__ import annotations

from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from target_pandev.target import TargetPandev


@pytest.mark.parametrize(
    ("settings", "errors"),
    [
        ({"store_url": ["a-secret"]}, ["store_url: expected string or null"]),
        ({"batch_size_rows": 0}, ["batch_size_rows: expected at least 1"]),
        ({"max_deleted_share": 1.5}, ["max_deleted_share: expected at most 1"]),
        ({"max_deleted_share": True}, ["max_deleted_share: expected number or string or null"]),
        ({"task_id_prefix": ""}, ["task_id_prefix: expected text that is not empty"]),
        ({"store": "a-secret", "max": 1}, ["unknown setting max; unknown setting store"]),
        (
            {"store_url": 1, "store_dir": 2},
            ["store_url: expected string or null", "store_dir: expected string or null"],
        ),
    ],
)
def test_invalid_settings_are_named_without_their_values(
    settings: dict[str, Any], errors: list[str]
) -> None:
    with pytest.raises(ConfigValidationError) as error:
        TargetPandev(config=settings)
    assert sorted(error.value.errors) == sorted(errors)
    assert "a-secret" not in str(error.value)
