"""From the rows of a file, or of two, to one row for each unit at each incident."""
