"""Roads from graphs of OSMnx and from tables of nodes and edges."""
