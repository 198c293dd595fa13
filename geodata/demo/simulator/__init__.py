"""The simulator: it plays the invented city through the public HTTP API, and knows of the product nothing else."""
