"""Speed as ratios: every figure is taken in one run against its peer or its smaller self."""
