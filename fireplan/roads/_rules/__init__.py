"""Who may drive where, how fast, and what reading says of it: rules as tables with their sources."""
