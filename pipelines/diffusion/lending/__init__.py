"""Models in memory: what the device is, which settings fit it, and who holds a model for how long."""
