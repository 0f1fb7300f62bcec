"""Events of a dispatch feed: read, checked, gathered into records, and turned from and into dispatch history."""
