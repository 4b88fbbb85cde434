"""What learners allow to leave the site: asked one by one, recorded with its words, taken back."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from consilium.web.activity.models import Permission
from consilium.web.people.roles import LEARNER, learner, only
from consilium.web.refusals import Refused

WORDS = {
    Permission.What.STORE: gettext_lazy(
        "What I read, answer and complete here from now on may be sent to the learning record "
        "store that the operator of this site has chosen, under a number in place of my name."
    ),
    Permission.What.BOARD: gettext_lazy(
        "My completions may be reported to my board, with the name, board, number and birthday "
        "that I keep in my account."
    ),
}


def standing(what: Permission.What) -> dict[int, Permission]:
    """The permission that stands now, by learner; whoever took it back is not there."""
    last: dict[int, Permission] = {}
    for each in Permission.objects.filter(what=what).order_by("pk"):
        last[each.learner_id] = each
    return {who: each for who, each in last.items() if each.given}


def asked_of(user: User) -> list[tuple[str, str, Permission | None]]:
    """Each permission with its words, and the row by which it stands or was taken back."""
    return [
        (what.value, str(words), Permission.objects.filter(learner=user, what=what).last())
        for what, words in WORDS.items()
    ]


@require_POST
@only(LEARNER)
def permit(request: HttpRequest) -> HttpResponse:
    """Allow something, or take it back; each change is a row of its own."""
    user = learner(request)
    what, given = request.POST.get("what", ""), request.POST.get("given", "")
    if what not in Permission.What.values or given not in ("yes", "no"):
        raise Refused(422, _("Say what you allow, and whether."))
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        last = Permission.objects.filter(learner=user, what=what).last()
        if (last is not None and last.given) != (given == "yes"):
            Permission.objects.create(
                learner=user,
                what=what,
                given=given == "yes",
                words=str(WORDS[Permission.What(what)])[:300],
            )
    return HttpResponseRedirect(reverse("activity:transcript") + "#permissions")
