"""Fields that are kept encrypted, with a key drawn from the secret key of the site."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


def _box() -> Fernet:
    key = sha256(b"consilium.people.encrypted" + settings.SECRET_KEY.encode()).digest()
    return Fernet(urlsafe_b64encode(key))


def closed(text: str) -> str:
    """A text, encrypted and authenticated; nothing stays nothing."""
    return _box().encrypt(text.encode()).decode() if text else ""


def opened(text: str) -> str:
    """The text again; empty when the secret key is another one by now."""
    if not text:
        return ""
    try:
        return _box().decrypt(text.encode()).decode()
    except InvalidToken:
        return ""
