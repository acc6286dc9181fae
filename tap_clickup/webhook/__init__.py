"""The same ClickUp, pushed rather than pulled."""
