"""One layout for every stackfile: the order of known keys, indentation, blank lines; comments stay with their keys."""
