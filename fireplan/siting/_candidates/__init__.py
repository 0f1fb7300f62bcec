"""Where a station could stand: sites from a grid, intersections, parcels or a list, each checked."""
