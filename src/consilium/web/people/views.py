"""Accounts: joining, signing in with a second factor where there is one, one's own record."""

from __future__ import annotations

import json

import segno
from django.contrib.auth import login
from django.contrib.auth.views import LoginView, LogoutView
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_otp import login as otp_login
from django_otp.plugins.otp_totp.models import TOTPDevice

from consilium.web.activity.models import (
    Attempt,
    Certificate,
    Comment,
    DoneStep,
    Evaluation,
    LearningStatement,
    Notice,
    Permission,
    Vote,
)
from consilium.web.activity.progress import carry_over
from consilium.web.limits import costs
from consilium.web.people import audit
from consilium.web.people.encrypted import closed, opened
from consilium.web.people.forms import CodeForm, JoinForm, ProfileForm, SignInForm
from consilium.web.people.models import Profile
from consilium.web.people.roles import DESK, LEARNER, learner, only, roles_of
from consilium.web.refusals import refusal

_ENCRYPTED = ("board_number", "given_name", "family_name", "birth_day")


def locked_out(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """Too many failed attempts to sign in."""
    return refusal(request, 429, _("Too many failed attempts. Try again in an hour."))


@require_http_methods(["GET", "HEAD", "POST"])
@costs(20)
def join(request: HttpRequest) -> HttpResponse:
    """A new learner; what they did as a visitor goes with them."""
    form = JoinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            user = form.save()
            audit.note(user.username, "joined")
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        carry_over(request, user)
        return HttpResponseRedirect(_next(request))
    status = 422 if request.method == "POST" else 200
    page = {"form": form, "title": _("Join"), "button": _("Join"), "next": _next(request)}
    return render(request, "people/form.html", page, status=status)


def _next(request: HttpRequest) -> str:
    """Where somebody wanted to go, if it is a page of this site."""
    from django.utils.http import url_has_allowed_host_and_scheme  # noqa: PLC0415

    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
        return wanted
    return reverse("people:account")


class SignIn(LoginView):
    """Sign in; what was done as a visitor goes along."""

    template_name = "people/sign_in.html"
    form_class = SignInForm
    http_method_names = ("get", "head", "post")

    def form_valid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]  # its own form
        """The account is right."""
        response = super().form_valid(form)
        if form.device is not None:
            otp_login(self.request, form.device)
        carry_over(self.request, learner(self.request))
        return response

    def form_invalid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]  # its own form
        """The account or the code is not right."""
        return self.render_to_response(self.get_context_data(form=form), status=422)


class SignOut(LogoutView):
    """Sign out, by POST only."""

    http_method_names = ("post",)


@require_http_methods(["GET", "HEAD", "POST"])
@only(LEARNER)
def account(request: HttpRequest) -> HttpResponse:
    """One's own page: profile, messages, certificates."""
    user = learner(request)
    kept, _created = Profile.objects.get_or_create(learner=user)
    said = _profile(kept)
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=said)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            cleaned = form.cleaned_data
            kept.name, kept.profession = cleaned["name"], cleaned["profession"]
            kept.board = cleaned["board"]
            for field in _ENCRYPTED:
                setattr(kept, field, closed(cleaned[field]))
            kept.save()
            return HttpResponseRedirect(reverse("people:account"))
        status = 422
    page = {
        "form": form,
        "notices": user.notices.order_by("-at")[:20],
        "certificates": Certificate.objects.filter(learner=user),
        "roles": sorted(roles_of(user)),
        "at_desk": bool(roles_of(user) & set(DESK)),
        "second_factor": TOTPDevice.objects.filter(user=user, confirmed=True).exists(),
    }
    response = render(request, "people/account.html", page, status=status)
    Notice.objects.filter(learner=user, seen=False).update(seen=True)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@only(LEARNER)
def second_factor(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator; it counts once its first code was right."""
    user = learner(request)
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    if device is None:
        device = TOTPDevice.objects.create(user=user, name="authenticator", confirmed=False)
    form = CodeForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if form.is_valid() and device.verify_token(form.cleaned_data["code"]):
            device.confirmed = True
            device.save()
            otp_login(request, device)
            audit.note(user.username, "second factor set up")
            return HttpResponseRedirect(reverse("people:account"))
        form.add_error(None, _("That code is not right."))
        status = 422
    drawn = segno.make(device.config_url).svg_inline(scale=4, omitsize=False)
    page = {"form": form, "drawn": mark_safe(drawn), "address": device.config_url}
    return render(request, "people/second_factor.html", page, status=status)


@require_safe
@only(LEARNER)
def record(request: HttpRequest) -> HttpResponse:
    """Everything that is kept of the person who asks, as JSON."""
    user = learner(request)
    kept = Profile.objects.filter(learner=user).first()
    body = {
        "account": {"name": user.username, "joined": user.date_joined.isoformat()},
        "profile": _profile(kept) if kept else {},
        "steps": _rows(DoneStep, user, "activity", "step", "at"),
        "votes": _rows(Vote, user, "activity", "poll", "choice", "at"),
        "comments": _rows(Comment, user, "activity", "text", "state", "at", "edited"),
        "evaluations": _rows(Evaluation, user, "activity", "answers", "at"),
        "attempts": _rows(Attempt, user, "activity", "number", "answers", "right", "passed", "at"),
        "permissions": _rows(Permission, user, "what", "given", "words", "at"),
        "certificates": _rows(Certificate, user, "activity", "code", "name", "edition", "on"),
        "statements": list(
            LearningStatement.objects.filter(learner=user).values_list("statement", flat=True)
        ),
    }
    answer = HttpResponse(
        json.dumps(body, default=str, indent=2, ensure_ascii=False), content_type="application/json"
    )
    answer.headers["Content-Disposition"] = 'attachment; filename="record.json"'
    return answer


def _profile(kept: Profile) -> dict[str, str]:
    """A profile as its learner reads it."""
    shown = {"name": kept.name, "profession": kept.profession, "board": kept.board}
    return shown | {field: opened(getattr(kept, field)) for field in _ENCRYPTED}


def _rows(model: type, user: object, *fields: str) -> list[dict[str, object]]:
    found = model.objects.filter(learner=user).order_by("pk")  # type: ignore[attr-defined]
    return list(found.values(*fields))


@require_POST
@only(LEARNER)
def leave(request: HttpRequest) -> HttpResponse:
    """Remove the account and all that belongs to it; cases belong to nobody and stay."""
    user = learner(request)
    with transaction.atomic():
        audit.note(user.username, "left")
        user.delete()
    return HttpResponseRedirect(reverse("planner:home"))
