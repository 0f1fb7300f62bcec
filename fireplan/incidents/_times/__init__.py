"""Written times turned into instants, and the order that the stamps of a response must have."""
