"""The errors of tap-git. Their texts are one line each: what is wrong and what is expected."""

from __future__ import annotations


class TapGitError(Exception):
    """The tap could not read."""


class ConfigurationError(TapGitError):
    """A setting or a file passed on the command line is invalid."""


class RepositoryError(TapGitError):
    """A repository cannot be read; the text names it and says what to do."""
