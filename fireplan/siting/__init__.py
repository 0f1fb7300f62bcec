"""Where to put stations: models of station location, with existing stations, and proof of how good the answer is."""
