"""Real network elements for tests, on free ports, one of each in a run."""
