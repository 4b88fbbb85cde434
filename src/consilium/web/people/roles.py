"""Who may do what. A visitor reads, plans and asks; the rest is by group."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from consilium.web.refusals import Refused

LEARNER, FACULTY, AUTHOR, EDITOR, ADMINISTRATOR = (
    "learner",
    "faculty",
    "author",
    "editor",
    "administrator",
)
ROLES = (LEARNER, FACULTY, AUTHOR, EDITOR, ADMINISTRATOR)
DESK = (AUTHOR, EDITOR, ADMINISTRATOR)

_View = TypeVar("_View", bound=Callable[..., HttpResponse])


def roles_of(user: AbstractBaseUser | AnonymousUser) -> frozenset[str]:
    """The roles of somebody; whoever is signed in is a learner at least."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    found = {group.name for group in user.groups.all()} | {LEARNER}
    return frozenset(found | {ADMINISTRATOR} if user.is_superuser else found)


def only(*roles: str) -> Callable[[_View], _View]:
    """Decorate a view for these roles: visitors are asked to sign in, others are refused (403)."""

    def decorate(view: _View) -> _View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not roles_of(request.user) & set(roles):
                raise Refused(403, _("This page is for: %s.") % ", ".join(roles))
            return view(request, *args, **kwargs)

        return cast(_View, guarded)

    return decorate


def learner(request: HttpRequest) -> User:
    """Whoever is signed in, in a view that is guarded."""
    assert isinstance(request.user, User)
    return request.user


def give_role(user: User, role: str) -> None:
    """Put somebody into the group of a role."""
    if role == ADMINISTRATOR:
        user.is_superuser = user.is_staff = True
        user.save()
    user.groups.add(Group.objects.get_or_create(name=role)[0])
