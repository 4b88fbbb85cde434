"""The settings of the site under test: a key, a data folder of its own, unhashed static files."""

import os
import tempfile

os.environ.setdefault("CONSILIUM_SECRET_KEY", "only for tests " * 5)
os.environ.setdefault("CONSILIUM_DATA", tempfile.mkdtemp(prefix="consilium-test-"))
os.environ.setdefault("CONSILIUM_DATABASE", "")

from consilium.web.settings import *  # noqa: F403
from consilium.web.settings import STATIC_ROOT, STORAGES

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
