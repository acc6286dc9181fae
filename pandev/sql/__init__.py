"""The statements of `pandev report`, one file per table."""
