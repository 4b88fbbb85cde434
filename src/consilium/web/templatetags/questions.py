"""``{% question field %}``: one question of the form; most stand open and look the same."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from consilium.web.planner.fields import Field

register = template.Library()


@register.simple_tag
def question(field: Field) -> SafeString:
    """The question with its answer; only what holds no answer is kept."""
    if field.answered or field.whole_list or field.problem:
        return _rendered(field)
    return _open(field)


def _rendered(field: Field) -> SafeString:
    return render_to_string("planner/_field.html", {"field": field})


_open = lru_cache(maxsize=512)(_rendered)
