"""The base of every error shown to people.

A message says what was found, where, and what to do; the faces print it and
nothing else. Anything that is not a ``ConsiliumError`` is a defect of ours.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class ConsiliumError(Exception):
    """Something a person can repair; its text is complete as it stands."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A sentence that offers the known word closest to ``word``, or nothing.

    >>> nearest("hazard_ration", ["hazard_ratio", "median"])
    ' Did you mean `hazard_ratio`?'
    """
    found = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean `{found[0]}`?" if found else ""
