"""Answers without a patient may be kept: their ETag is made of all that they depend on."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

from consilium import __version__

_FOR = "private, max-age=300, must-revalidate"


def kept(
    request: HttpRequest, made_of: tuple[object, ...], make: Callable[[], HttpResponse]
) -> HttpResponse:
    """The answer of ``make``, or 304 where the asker holds it already.

    ``made_of`` is all that the answer depends on beside the version of the
    program: the hash of the edition, the address, the day, the region.
    """
    said = "\n".join([__version__, request.get_full_path(), *map(str, made_of)])
    etag = f'"{sha256(said.encode()).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag) or make()
    if response.status_code in (200, 304):
        response.headers["ETag"] = etag
        response.headers["Cache-Control"] = _FOR
        patch_vary_headers(response, ("Cookie",))
    return response
