"""Example programs that use the commands: `demo` runs the whole pipeline on this machine."""
