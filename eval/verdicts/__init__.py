"""What a run's numbers say: which settings differ, what they cost, and whether that is worth it."""
