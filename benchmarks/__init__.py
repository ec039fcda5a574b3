"""How fast pausedemo is, beside those who do the same: ratios, taken in turn, in one run."""
