"""What stands this minute: units and where they are, cover, clocks of incidents, and how many units are left."""
