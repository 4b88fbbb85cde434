"""Questions about a whole edition, answered for every patient at once."""
