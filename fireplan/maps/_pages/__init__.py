"""Pages: one map, several in step or under a curtain, framed, marked and written as one file; they know no view."""
