"""Two therapies side by side, and what sequences may bring."""
