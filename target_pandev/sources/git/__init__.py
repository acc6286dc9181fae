"""tap-git: repositories, branches and commits of local git repositories, as metadata only."""

from target_pandev.sources.git.tap import TapGit, main

__all__ = ["TapGit", "main"]
