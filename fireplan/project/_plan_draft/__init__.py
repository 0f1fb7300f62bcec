"""The first draft of a project: which file is what, what is understood of it, and the plan.toml that says so."""
