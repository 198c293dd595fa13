"""The synthetic city and the simulator, which is a client of the public API like any other."""
