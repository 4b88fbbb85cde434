"""The forms of accounts. Password managers and pasting are left alone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm, UsernameField
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_otp import match_token, user_has_device
from django_otp.models import Device


class JoinForm(BaseUserCreationForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A new account: a name to sign in with and a password."""

    class Meta:
        model = User
        fields = ("username",)


class SignInForm(AuthenticationForm):
    """Name and password, and the code of the second factor for whoever has one."""

    # the form that is built upon names the bound, and lets everything longer through
    username = UsernameField(
        max_length=150,
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    code = forms.CharField(
        label=_("Code of the second factor, if you have one"),
        required=False,
        max_length=16,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    device: Device | None = None

    def clean(self) -> dict[str, Any]:
        """Raises ``ValidationError`` when a second factor is set up and its code is not right."""
        super().clean()
        cleaned: dict[str, Any] = self.cleaned_data
        user = getattr(self, "user_cache", None)
        if user is not None and user_has_device(user):
            code = cleaned.get("code") or ""
            self.device = match_token(user, code) if code else None
            if self.device is None:
                raise ValidationError(_("The code of the second factor is missing or not right."))
        return cleaned


class ProfileForm(forms.Form):
    """What a learner says of themselves; nothing is required."""

    name = forms.CharField(
        label=_("Name for a certificate"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    profession = forms.CharField(label=_("Profession"), max_length=80, required=False)
    board = forms.CharField(
        label=_("Board, as ABIM (for reports that you allow in your transcript)"),
        max_length=40,
        required=False,
    )
    board_number = forms.CharField(
        label=_("Board number (kept encrypted)"), max_length=40, required=False
    )
    given_name = forms.CharField(
        label=_("First name, as the board has it (kept encrypted)"), max_length=80, required=False
    )
    family_name = forms.CharField(
        label=_("Last name, as the board has it (kept encrypted)"), max_length=80, required=False
    )
    birth_day = forms.RegexField(
        label=_("Month and day of birth, as 03-12 (kept encrypted)"),
        regex=r"^\d\d-\d\d$",
        required=False,
    )


class CodeForm(forms.Form):
    """The first code of a new second factor."""

    code = forms.CharField(
        label=_("Code"),
        max_length=8,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
