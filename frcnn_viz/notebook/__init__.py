"""The program in a notebook: stages, comparisons and verdicts shown by the canvas where a cell ends in them."""
