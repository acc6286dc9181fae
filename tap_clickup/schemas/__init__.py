"""One JSON Schema per stream: the contract with any target."""
