"""Django's admin: closed unless it is opened, and then only for a second factor."""

import os
import subprocess
import sys
from pathlib import Path

VISIT = """
from consilium.web.starting import set_up

set_up()
from django.conf import settings
from django.core.management import call_command

settings.ALLOWED_HOSTS.append("testserver")
call_command("migrate", interactive=False, verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
from django.contrib.auth.models import User
from django.test import Client
from django.urls import get_resolver
from django_otp.plugins.otp_totp.models import TOTPDevice
from consilium.web.people import audit
from consilium.web.people.models import AuditEntry
from consilium.web.people.roles import ROLES, give_role

def member(role, verified=False):
    user = User.objects.create_user(f"{role}-{verified}", password="a long enough phrase 7")
    give_role(user, role)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    if verified:
        device = TOTPDevice.objects.create(user=user, confirmed=True)
        session = client.session
        session["otp_device_id"] = device.persistent_id
        session.save()
    return client

other = User.objects.create_user("other", password="a long enough phrase 7")
paths = [
    "/admin/", "/admin/auth/user/", "/admin/auth/user/add/", f"/admin/auth/user/{other.pk}/change/",
    f"/admin/auth/user/{other.pk}/password/", f"/admin/auth/user/{other.pk}/history/",
    f"/admin/auth/user/{other.pk}/delete/", "/admin/auth/group/", "/admin/password_change/",
    "/admin/jsi18n/", "/admin/autocomplete/", "/admin/nothing/",
]
closed = [Client()] + [member(role) for role in ROLES]
closed += [member(role, True) for role in ROLES if role != "administrator"]
for client in closed:
    for path in paths:
        for method in ("GET", "POST", "PUT", "DELETE"):
            answer = client.generic(method, path)
            assert answer.status_code in (302, 403), (path, method, answer.status_code)
            assert b"other" not in answer.content
    assert client.get("/admin/login/").status_code == 403

chief = member("administrator", True)
assert chief.get("/admin/").status_code == 200
listed = chief.get("/admin/auth/user/")
assert listed.status_code == 200 and b"other" in listed.content
policy = listed.headers["Content-Security-Policy"]
assert "unsafe" not in policy and "default-src 'self'" in policy
for path in paths[:5]:
    page = chief.get(path).content.decode()
    assert " style=" not in page and "<style" not in page and "onclick=" not in page, path
    assert all('src="' in tag.split(">")[0] or "json" in tag.split(">")[0]
               for tag in page.split("<script")[1:]), path
assert chief.post(f"/admin/auth/user/{other.pk}/delete/").status_code == 403
assert chief.post(f"/admin/auth/user/{other.pk}/change/", {"username": "x"}).status_code == 403  # no token

chief.get(f"/admin/auth/user/{other.pk}/change/")
token = chief.cookies["csrftoken"].value
form = {"username": "other", "groups": [], "csrfmiddlewaretoken": token}
before = AuditEntry.objects.count()
assert chief.post(f"/admin/auth/user/{other.pk}/change/", form).status_code == 302
other.refresh_from_db()
assert not other.is_active
entry = AuditEntry.objects.order_by("number").last()
assert AuditEntry.objects.count() == before + 1
assert (entry.act, entry.about) == ("account changed", "other")
assert "is_active" in entry.details["fields"]
assert not audit.verify_here().flaw
print("all held")
"""


def test_nobody_is_let_in_without_a_second_factor_and_what_is_changed_is_in_the_audit(
    tmp_path: Path,
):
    done = subprocess.run(
        [sys.executable, "-c", VISIT],
        env=os.environ
        | {
            "CONSILIUM_ADMIN": "yes",
            "CONSILIUM_DATA": str(tmp_path),
            "CONSILIUM_DATABASE": "",
            "DJANGO_SETTINGS_MODULE": "consilium.web.settings",
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.stdout.strip() == "all held", done.stderr[-3000:]


def test_it_is_closed_unless_it_is_opened(client):
    assert client.get("/admin/").status_code == 404
