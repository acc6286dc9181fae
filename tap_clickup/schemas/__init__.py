"""One JSON Schema a stream: the contract with any target."""
