"""Pure rules of the field: no input, no output, the clock is always passed in."""
