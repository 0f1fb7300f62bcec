"""Years of calls drawn from a history, and units sent to them."""
