"""What somebody should be told or do now: alerts and move-ups."""
