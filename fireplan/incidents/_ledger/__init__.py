"""What is set aside and why: the ledger with its reason codes, and the rules for ids."""
