"""Run the Meltano job that loads ClickUp into the store.

`run` starts it and reads its log, `log_lines` decides which lines are for people, `running` finds
out who is running it already. `outcome` says how it ended, `output` prints that.
"""
