"""The error of a sequence that cannot be computed as it was asked for."""

from consilium.errors import ConsiliumError


class SequenceError(ConsiliumError):
    """A line, share or horizon that cannot be."""
