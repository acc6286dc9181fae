"""tap-git: repositories, branches and commits of local git repositories, as metadata only."""

from tap_git.tap import TapGit, main

__all__ = ["TapGit", "main"]
