"""Singer taps for what PanDev joins with tasks: local git repositories."""
