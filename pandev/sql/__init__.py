"""The statements of `pandev report` and the page, one file per table, and of `pandev worklogs`."""
