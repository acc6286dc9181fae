"""The streams, one class each: its name, its key, and where its records come from."""
