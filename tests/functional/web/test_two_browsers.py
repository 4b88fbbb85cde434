"""One learner in two browsers at once: what they do counts once, and an edit loses nothing."""

import pytest
from django.conf import settings
from tests.functional.web.test_taking_part import ACTIVITY, signed_in

TEXT = "Does it help after T-DXd?"


@pytest.fixture
def two_browsers(open_page, live_server):
    """Two browsers on the page of thoughts, signed in as the same learner."""
    client = signed_in("in-two-places")
    name = settings.SESSION_COOKIE_NAME

    def signed_in_browser():
        page = open_page("/healthz", scripts=False)
        page.context.add_cookies(
            [{"name": name, "value": client.cookies[name].value, "url": live_server.url}]
        )
        page.goto(f"{live_server.url}{ACTIVITY}thoughts")
        return page

    return signed_in_browser(), signed_in_browser()


@pytest.mark.django_db(transaction=True)
def test_two_votes_of_one_learner_are_one_and_the_later_holds(two_browsers):
    from consilium.web.activity.models import Vote

    for page, answer in zip(two_browsers, ("very likely", "very unlikely"), strict=True):
        page.get_by_label(answer, exact=True).check()
    for page in two_browsers:
        page.get_by_role("button", name="Vote").click()
    assert Vote.objects.count() == 1
    first = two_browsers[0]
    first.reload()
    assert first.get_by_label("very unlikely", exact=True).is_checked()


@pytest.mark.django_db(transaction=True)
def test_a_form_whose_answer_was_lost_is_sent_again_and_counts_once(two_browsers):
    from consilium.web.activity.models import Comment

    def lose(route) -> None:
        lost.append(route.fetch(max_redirects=0).status)
        route.fulfill(status=204)

    lost: list[int] = []
    first, second = two_browsers
    first.route("**/comments", lose, times=1)
    first.get_by_label("Your comment or question").fill(TEXT)
    first.get_by_role("button", name="Send").click()
    first.wait_for_timeout(300)
    assert lost == [302] and Comment.objects.count() == 1
    first.get_by_role("button", name="Send").click()
    first.get_by_text("Yours:").wait_for()
    assert Comment.objects.count() == 1
    # from another browser the same words are another comment
    second.get_by_label("Your comment or question").fill(TEXT)
    second.get_by_role("button", name="Send").click()
    assert Comment.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_edits_keep_what_stood_before_each_of_them(two_browsers):
    from consilium.web.activity.models import Comment, Earlier

    signed_in("in-two-places").post(f"{ACTIVITY}comments", {"text": TEXT})
    for page in two_browsers:
        page.reload()
        page.get_by_text("Yours:").click()
    for page, text in zip(two_browsers, ("first change", "second change"), strict=True):
        page.get_by_label("Change it").fill(text)
    for page in two_browsers:
        page.get_by_role("button", name="Change", exact=True).click()
    assert Comment.objects.get().text == "second change"
    assert list(Earlier.objects.order_by("pk").values_list("text", flat=True)) == [
        TEXT,
        "first change",
    ]


@pytest.mark.django_db(transaction=True)
def test_an_activity_ended_in_both_is_ended_once(two_browsers, live_server):
    from django.contrib.auth.models import User

    from consilium.web.activity.models import Attempt, Certificate, DoneStep, Evaluation
    from consilium.web.activity.progress import step_names
    from consilium.web.editions import the_edition
    from consilium.web.people.models import AuditEntry

    Attempt.objects.create(
        learner=User.objects.get(username="in-two-places"),
        activity="trop2-roles-2026",
        number=1,
        answers={},
        right=[],
        of=6,
        passed=True,
        edition="for a test",
    )
    *earlier, _last = step_names(the_edition().activities["trop2-roles-2026"])
    for name in earlier:
        signed_in("in-two-places").post(f"{ACTIVITY}step", {"step": name})
    for page in two_browsers:
        page.goto(f"{live_server.url}{ACTIVITY}evaluation")
        for group in page.locator("fieldset").all():
            group.get_by_label("mostly").check()
    for page in two_browsers:
        page.get_by_role("button", name="Send the evaluation").click()
    for page in two_browsers:
        page.get_by_role("button", name="Make my certificate of participation").click()
        assert "in-two-places" in page.locator("main").inner_text()
    assert Evaluation.objects.count() == 1
    assert DoneStep.objects.count() == len(set(earlier) - {"test"})
    assert Certificate.objects.count() == 1
    assert AuditEntry.objects.filter(act="certificate").count() == 1
