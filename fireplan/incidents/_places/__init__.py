"""Written coordinates turned into points."""
