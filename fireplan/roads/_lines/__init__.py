"""Roads from street centrelines."""
