"""Run the poll and the sweep: `scheduler` decides when, `commands` parses their commands."""
