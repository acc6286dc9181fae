"""Readers of paged or sliced resources, shared by several streams and by clickup-receiver.

`task_reader`, `time_entry_reader` and `time_in_status_reader` each send the requests that a pure
module decides on and validate the responses. `single_task` reads one task by its id.
"""
