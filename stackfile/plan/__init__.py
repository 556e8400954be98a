"""The pure core of planning: data in, a Plan out. No I/O, no clock, no randomness."""
