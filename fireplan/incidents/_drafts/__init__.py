"""Drafts of mappings: what each column of an unknown file seems to hold, and by which evidence."""
