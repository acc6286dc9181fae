"""Load events from the inbox into the target.

`event_batch` groups pending events, `object_reader` reads from ClickUp what they ask for,
`task_reading` reads many tasks by pages, `time_entries` reads tracked time, `message_builder` turns
it all into Singer messages, `message_source` does so with the current settings, `feeder` loads
batches and acknowledges them, `target_process` runs the target.
"""
