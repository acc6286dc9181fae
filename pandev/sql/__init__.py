"""The statements of `pandev report`, one file per table, and those of `pandev worklogs`."""
