"""From an answer on arrays to a plan that a scenario takes, with its proof and what came close."""
