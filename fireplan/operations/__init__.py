"""The department as it stands this minute: events of a dispatch feed turned into units, incidents, cover and advice."""
