"""Readers of paged or sliced resources, shared by several streams and by clickup-receiver.

Each sends the requests that a pure module decides on and validates the responses.
"""
