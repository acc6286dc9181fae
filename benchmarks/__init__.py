"""Measurements with goals. They print their results and fail if a run fails or a goal is missed."""
