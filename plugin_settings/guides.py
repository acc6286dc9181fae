"""The address of the guides, which an installed package does not contain."""

from __future__ import annotations

from typing import Final

GUIDES: Final = "https://github.com/pandev-metrics/pandev-clickup/blob/main/docs/guides"
