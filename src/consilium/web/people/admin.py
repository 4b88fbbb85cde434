"""Django's admin of accounts and roles, where ``CONSILIUM_ADMIN`` opens it.

For an administrator whose session was opened with a second factor. Clinical statements are not
here: they change by review of files. What is changed here is in the audit too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consilium.web.people import audit
from consilium.web.people.roles import ADMINISTRATOR, learner, roles_of
from consilium.web.refusals import Refused

if TYPE_CHECKING:  # only the stubs know these as generic
    _OfUsers = UserAdmin[User]
    _OfGroups = ModelAdmin[Group]
else:
    _OfUsers, _OfGroups = UserAdmin, ModelAdmin


class AccountsSite(AdminSite):
    """The admin, closed to whoever is not an administrator with a second factor."""

    site_header = site_title = _("consilium: accounts")
    site_url = "/account/desk/"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether this session may be here."""
        verified = getattr(request.user, "is_verified", None)
        return ADMINISTRATOR in roles_of(request.user) and verified is not None and verified()

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is one place to sign in, and it is not this one."""
        raise Refused(
            403,
            gettext(
                "The admin is for administrators who signed in with a second factor. "
                "Set one up on your account page, then sign in again with its code."
            ),
        )


class _Accounts(_OfUsers):
    """Accounts: names, whether they are active, and roles. Nobody is deleted here: people leave
    by their own account page, which says what becomes of what they wrote."""

    list_display = ("username", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser", "groups")
    search_fields = ("username",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Roles"), {"fields": ("is_active", "is_superuser", "groups")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody is deleted here."""
        return False

    def save_related(
        self, request: HttpRequest, form: ModelForm[User], formsets: Any, change: bool
    ) -> None:
        """Roles are saved last; then the audit says what was changed."""
        super().save_related(request, form, formsets, change)
        audit.note(
            learner(request).username,
            "account changed" if change else "account made",
            form.instance.username,
            fields=sorted(set(form.changed_data) - {"password1", "password2"}),
            roles=sorted(roles_of(User.objects.get(pk=form.instance.pk))),
        )

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Another's password is set; the audit says that it was, never what."""
        if request.method == "POST":
            audit.note(learner(request).username, "password set", f"account {id}")
        return super().user_change_password(request, id, form_url)


class _Roles(_OfGroups):
    """Groups are the roles of the program: they can be looked at."""

    fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Roles are fixed."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Roles are fixed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Roles are fixed."""
        return False


site = AccountsSite()
site.register(User, _Accounts)
site.register(Group, _Roles)
