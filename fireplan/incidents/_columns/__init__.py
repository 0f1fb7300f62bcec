"""Which column holds what: mappings, synonyms, and the values of text columns."""
