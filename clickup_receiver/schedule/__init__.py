"""The poll and the sweep: `scheduler` decides when they run, `commands` parses and finds them."""
