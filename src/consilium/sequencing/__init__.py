"""What follows over successive lines, simulated with its uncertainty."""
