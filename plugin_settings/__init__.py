"""Where the commands take their settings and packages from, for every plugin alike.

`env_file` reads `.env`, `plugin` is the base of the tap and target classes, which reads files and
environment variables. It does not know what the plugins' own settings mean. Each plugin passes
the class of its own errors, so that they stay in its own tree. `extras` explains a missing package,
and `guides` has the address of the guides that messages name.
"""
