"""Ground reached within a time: times on a triangle mesh, and the contours through it."""
