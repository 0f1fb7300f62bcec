"""Files, workbooks and queries turned into one table of text."""
