"""Numbers as they are shown."""

from django import template

register = template.Library()


@register.filter
def percent(share: float) -> str:
    """A share from 0 to 1 in per cent."""
    return f"{100 * share:.0f} %"
