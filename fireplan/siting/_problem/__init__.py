"""The question of a siting call as arrays: what is asked, what may be chosen, who covers what."""
