"""What is set aside and why: the ledger, and the rules for ids."""
