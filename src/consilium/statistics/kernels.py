"""Loops that numba compiles, each with a twin in numpy for where numba is not to be had.

Numba is imported when the first loop is called, and what it compiled is kept beside the source
for the next start. The twins give the same numbers; ``without_numba`` makes tests use them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, ParamSpec, TypeVar

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

_use_numba = True


class Kernel(Generic[_Arguments, _Result]):
    """A loop to be compiled, and its twin in numpy."""

    def __init__(
        self, loop: Callable[_Arguments, _Result], twin: Callable[_Arguments, _Result]
    ) -> None:
        self.loop = loop
        self.twin = twin
        self._compiled: Callable[_Arguments, _Result] | None = None

    def __call__(self, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        if not _use_numba:
            return self.twin(*args, **kwargs)
        if self._compiled is None:
            self._compiled = _compile(self.loop) or self.twin
        return self._compiled(*args, **kwargs)


def kernel(
    twin: Callable[_Arguments, _Result],
) -> Callable[[Callable[_Arguments, _Result]], Kernel[_Arguments, _Result]]:
    """Marks a loop for numba; ``twin`` answers where there is no numba."""
    return lambda loop: Kernel(loop, twin)


def _compile(loop: Callable[..., Any]) -> Callable[..., Any] | None:
    try:
        from numba import njit  # noqa: PLC0415 - half a second that most callers never need
    except ImportError:
        return None
    try:
        return njit(cache=True, error_model="numpy")(loop)
    except RuntimeError:  # no folder that could hold the compiled loop
        return njit(error_model="numpy")(loop)


@contextmanager
def without_numba() -> Iterator[None]:
    """Answers with the twins in numpy for a while."""
    global _use_numba  # noqa: PLW0603 - one switch for all kernels
    before, _use_numba = _use_numba, False
    try:
        yield
    finally:
        _use_numba = before
