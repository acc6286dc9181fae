"""Reads ClickUp as Singer streams; knows nothing of PostgreSQL or PanDev."""
