"""Who covers what: the first to arrive, a whole force, and cover sets kept as runs."""
