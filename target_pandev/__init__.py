"""Loads Singer streams into PanDev's store and joins ClickUp's tasks with git."""
