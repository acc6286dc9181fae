"""Measurements with goals. They print their results and fail only if a measured run fails."""
