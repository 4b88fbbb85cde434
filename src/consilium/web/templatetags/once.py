"""``{% once %}``: a word in a form, so that sending it twice counts once."""

from secrets import token_urlsafe

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from consilium.web.people.once import FIELD

register = template.Library()


@register.simple_tag
def once() -> SafeString:
    """A hidden field; another word each time."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, token_urlsafe(12))
