"""Readers of paged or sliced resources, shared by several streams and by clickup-receiver."""
