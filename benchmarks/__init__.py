"""Measurements with goals: they print figures, and fail only where a run itself fails."""
