"""Tests, the local ClickUp they talk to, and the demo."""
