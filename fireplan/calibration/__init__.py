"""Learn from a dispatch history how long a department's drives take, and how wrong that still is."""

__all__: list[str] = []


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
