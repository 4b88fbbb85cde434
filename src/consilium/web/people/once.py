"""A form that is sent twice counts once: a slow answer, a lost one, two presses of a button.

Each form carries a random word (``{% once %}``). Who sent it, where, and what it said are hashed
with that word into a seal that can stand in the database once; the seal tells nobody who it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from consilium.web.people.models import SentForm

FIELD = "once"


@contextmanager
def counted_once(request: HttpRequest, *, by_word_alone: bool = False) -> Iterator[bool]:
    """Whether this form is new; what it causes belongs inside, to be kept with it or not at all.

    A form without its word is always new. One that says something else is another form, unless
    it is known ``by_word_alone``: of one that speaks of a patient nothing else is hashed.
    """
    with transaction.atomic():
        if not request.POST.get(FIELD):
            yield True
            return
        _kept, new = SentForm.objects.get_or_create(seal=_seal(request, by_word_alone))
        yield new


def _seal(request: HttpRequest, by_word_alone: bool) -> str:
    said = sorted(
        (name, values)
        for name, values in request.POST.lists()
        if (name == FIELD if by_word_alone else name != "csrfmiddlewaretoken")
    )
    whole = repr((settings.SECRET_KEY, request.user.pk, request.path, said))
    return sha256(whole.encode()).hexdigest()
