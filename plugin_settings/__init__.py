"""Where the commands take their settings from, for every plugin alike.

`env_file` reads `.env`, `plugin` is the base of the tap and target classes, which reads files and
environment variables. What the plugins' own settings mean is not known here. Each plugin passes
the class of its own errors, so that they stay in its own tree.
"""
