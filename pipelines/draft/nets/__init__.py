"""The small nets that the draft engine ships: what they are made of, how they are stored. Each has a card beside its weights."""
