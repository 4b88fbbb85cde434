"""Learners, faculty and editors: what they may do, and what is kept of it."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from tests.functional.web.conftest import somebody
from tests.functional.web.test_permissions import TABLE, address
from tests.support.builders import the_edition

ACTIVITY = "/activities/trop2-roles-2026/"
CASE = ACTIVITY + "cases/gbrca-low-volume-symptomatic"
POLL = ACTIVITY + "polls/likelihood-now"
FREE_OF_TOKENS = ("api/", "cds-services")
"""What programs send JSON to: no cookie gives it anything, as the test below holds."""


def signed_in(name: str, role: str = "learner") -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(somebody(role, name), "django.contrib.auth.backends.ModelBackend")
    return client


POSTS = [r for r, methods in TABLE.items() if "POST" in methods and not r.startswith(FREE_OF_TOKENS)]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("route", POSTS)
def test_every_form_asks_for_its_token(route):
    client = Client(enforce_csrf_checks=True)
    client.force_login(somebody("administrator"), "django.contrib.auth.backends.ModelBackend")
    assert client.post(address(route)).status_code == 403


OF_PROGRAMS = [r for r, methods in TABLE.items() if "POST" in methods and r.startswith(FREE_OF_TOKENS)]  # fmt: skip
SENT = {
    "api/v1/plan": {"patient": {"setting": "advanced", "subtype": "triple-negative", "line": 1}},
    "api/v1/ask": {"question": "What is the median PFS in ASCENT-03?"},
}


@pytest.mark.django_db
@pytest.mark.parametrize("route", OF_PROGRAMS)
def test_what_programs_send_to_knows_no_session(route):
    """The same answer for an administrator as for nobody, and no cookie looked at or given."""
    answers = []
    for client in (Client(), signed_in("boss", "administrator")):
        answer = client.post(
            address(route), json.dumps(SENT.get(route, {})), content_type="application/json"
        )
        assert "Cookie" not in answer.headers.get("Vary", "") and not answer.cookies
        body = json.loads(answer.content)
        body.pop("seconds", None)
        answers.append((answer.status_code, body))
    assert answers[0] == answers[1]
    assert answers[0][0] == 200 or route not in SENT


@pytest.mark.django_db(transaction=True)
def test_a_question_can_be_asked_from_a_page_that_the_browser_kept(open_page, live_server):
    """Each page carries the token that its browser holds, also after signing in gave a new one."""
    page = open_page("/evidence/trials/ascent-03", scripts=False)

    def ask(words: str) -> str:
        page.goto(live_server.url + "/evidence/trials/ascent-03")
        box = page.get_by_role("search")
        box.get_by_role("searchbox").fill(words)
        with page.expect_navigation() as gone:
            box.get_by_role("button", name="Ask").click()
        assert gone.value.status == 200 and words not in page.url
        return page.locator(".replied").inner_text()

    assert "ASCENT-03" in ask("What is ASCENT-03?")
    name = settings.SESSION_COOKIE_NAME
    key = signed_in("asker").cookies[name].value
    page.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    page.context.add_cookies([{"name": name, "value": key, "url": live_server.url}])
    assert "ASCENT-03" in ask("What was the arm of ASCENT-03?")
    assert "ASCENT-03" in ask("Who presented ASCENT-03?")


@pytest.mark.django_db(transaction=True)
def test_a_new_learner_goes_from_the_first_page_to_the_certificate(open_page):
    page = open_page("/", scripts=False)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Activities").click()
    page.get_by_role("link", name="Roles of TROP-2").click()
    page.get_by_role("button", name="Begin with the questions").click()
    for _ in range(4):
        page.get_by_role("button", name="Mark as read and go on").click()
    page.get_by_role("main").get_by_role("link", name="Sign in", exact=True).first.click()
    page.get_by_role("link", name="Join").click()
    page.get_by_label("Username").fill("new-learner")
    for label in ("Password:", "Password confirmation:"):
        page.get_by_label(label, exact=True).fill("a long enough phrase 7")
    page.get_by_role("button", name="Join").click()
    # what was done as a visitor came along
    assert "5 of 8 steps done" in page.locator("main").inner_text()
    page.get_by_label("very likely", exact=True).check()
    page.get_by_role("button", name="Vote").click()
    assert "Results are shown from 5 votes on" in page.locator("main").inner_text()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("TROPION-Breast02 alone").check()
    for group in page.get_by_role("group").all():  # the first is right; the rest may not be
        if not group.get_by_label("TROPION-Breast02 alone").count():
            group.get_by_role("radio").first.check()
    page.get_by_role("button", name="Hand in attempt 1").click()
    text = page.locator("main").inner_text()
    assert (
        "Attempt 1: not passed" in text and "2 of 6 right" in text and "2 attempts are left" in text
    )
    # what it rests on is told; the right answers are not, before the test is settled
    assert page.get_by_role("link", name="ascent-03-os").count() == 1
    assert "The right answer:" not in text
    page.get_by_role("link", name="Try again").click()
    for question in the_edition().activities["trop2-roles-2026"].test.questions:
        page.locator(f"#{question.id}").get_by_label(question.right, exact=True).check()
    page.get_by_role("button", name="Hand in attempt 2").click()
    text = page.locator("main").inner_text()
    assert "Attempt 2: passed" in text and "the trial had no control arm" in text
    page.get_by_role("link", name="Go on").click()
    for group in page.locator("fieldset").all():
        group.get_by_label("mostly").check()
    page.get_by_role("button", name="Send the evaluation").click()
    page.get_by_role("button", name="Make my certificate of participation").click()
    text = page.locator("main").inner_text()
    assert "new-learner" in text and "no accreditation was given" in text


@pytest.mark.django_db
def test_one_vote_a_learner_that_can_be_changed_and_results_from_five_on():
    from consilium.web.activity.models import Vote

    for n in range(4):
        assert signed_in(f"voter-{n}").post(POLL, {"choice": n}).status_code == 302
    first = signed_in("voter-0")
    first.post(POLL, {"choice": 4})
    assert sorted(Vote.objects.values_list("choice", flat=True)) == [1, 2, 3, 4]
    assert "from 5 votes on" in first.get(ACTIVITY + "thoughts").content.decode()
    assert "votes" not in signed_in("no-voter").get(ACTIVITY + "thoughts").content.decode().split("likelihood-now")[-1].split("Comments")[0]  # fmt: skip
    signed_in("voter-5").post(POLL, {"choice": 4})
    assert "5 votes" in first.get(ACTIVITY + "thoughts").content.decode()


@pytest.mark.django_db
def test_a_poll_whose_premise_is_overtaken_takes_no_vote_whatever_day_is_asked_for():
    closed = ACTIVITY + "polls/likelihood-if-approved?as_of=2026-01-12"
    assert signed_in("late").post(closed, {"choice": 0}).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_votes_that_come_at_once_are_each_kept_once():
    from consilium.web.activity.models import Vote

    people = [somebody("learner", f"at-once-{n}") for n in range(24)]

    def vote(person) -> int:
        try:
            client = Client(raise_request_exception=False)
            client.force_login(person, "django.contrib.auth.backends.ModelBackend")
            return client.post(POLL, {"choice": person.pk % 5}).status_code
        finally:
            connections.close_all()

    # an in-memory database has one connection for all threads
    workers = 1 if connection.vendor == "sqlite" and connection.is_in_memory_db() else 8
    with ThreadPoolExecutor(workers) as pool:
        answers = list(pool.map(vote, people + people))
    assert set(answers) == {302}
    assert Vote.objects.count() == len(people)


@pytest.mark.django_db
def test_a_case_is_kept_without_its_clinician_and_outcomes_are_held_back_until_five():
    from consilium.web.activity.models import KeptCase

    client = signed_in("clinician")
    for n in range(5):
        assert client.post(CASE, {"intended": "capecitabine", "impact": "changed", "afterwards": "talazoparib", "reasons": ["experts"], "why": "tablets"}).status_code == 200  # fmt: skip
        seen = json.loads(signed_in("ed", "editor").get(ACTIVITY + "outcomes.json").content)
        assert (seen["whole"]["cases"] is None) == (n < 4)
    kept = KeptCase.objects.first()
    assert "clinician" not in json.dumps(kept.record) and not hasattr(kept, "learner")
    assert seen["whole"]["discordant"]["events"] == 5
    page = signed_in("ed", "editor").get(ACTIVITY + "outcomes").content.decode()
    assert "held back" in page or "5/5" in page


@pytest.mark.django_db
@pytest.mark.parametrize("why", ["Mrs Example wants it", "born 12.03.1956", "MRN 4471882"])
def test_a_case_with_what_identifies_somebody_is_refused_and_not_repeated(why):
    from consilium.web.activity.models import KeptCase

    answer = signed_in("clinician").post(CASE, {"intended": "capecitabine", "impact": "no-impact", "why": why})  # fmt: skip
    assert answer.status_code == 422 and why not in answer.content.decode()
    assert KeptCase.objects.count() == 0


@pytest.mark.django_db
def test_a_visitor_keeps_nothing():
    from consilium.web.activity.models import KeptCase

    answer = Client().post(CASE, {"intended": "capecitabine", "impact": "changed"})
    assert answer.status_code == 302 and "sign-in" in answer.headers["Location"]
    assert KeptCase.objects.count() == 0


@pytest.mark.django_db
def test_nobody_reads_or_changes_what_is_anothers():
    from consilium.web.activity.models import Comment

    mine, other = signed_in("mine"), signed_in("other")
    mine.post(ACTIVITY + "comments", {"text": "a question of mine", "to_faculty": "yes"})
    comment = Comment.objects.get()
    assert other.post(f"{ACTIVITY}comments/{comment.pk}", {"text": "changed"}).status_code == 404
    assert "a question of mine" not in other.get(ACTIVITY + "thoughts").content.decode()
    assert "a question of mine" not in other.get("/account/record.json").content.decode()
    assert "a question of mine" in mine.get("/account/record.json").content.decode()


@pytest.mark.django_db
def test_a_question_is_looked_at_shown_answered_and_told():
    from consilium.web.activity.models import Comment, Earlier

    asker, editor, faculty = signed_in("asker"), signed_in("ed", "editor"), signed_in("fac", "faculty")  # fmt: skip
    asker.post(ACTIVITY + "comments", {"text": "does it help?", "to_faculty": "yes"})
    comment = Comment.objects.get()
    editor.post("/account/desk/moderate", {"comment": comment.pk, "state": "shown"})
    answer = f"{ACTIVITY}comments/{comment.pk}/answer"
    assert faculty.post(answer, {"text": "it does"}).status_code == 422  # without role and ties
    faculty.post(answer, {"text": "it does", "role": "author", "disclosure": "nothing"})
    shown = Client().get(ACTIVITY + "thoughts").content.decode()
    assert "does it help?" in shown and "it does" in shown and "author · nothing" in shown
    assert "The faculty has answered you" in asker.get("/account/").content.decode()
    asker.post(f"{ACTIVITY}comments/{comment.pk}", {"text": "does it help much?"})
    assert Earlier.objects.get().text == "does it help?"
    assert "does it help much?" not in Client().get(ACTIVITY + "thoughts").content.decode()


@pytest.mark.django_db
def test_the_audit_notices_what_was_changed_removed_or_cut_off():
    from consilium.web.people import audit
    from consilium.web.people.models import AuditEntry

    for n in range(4):
        audit.note("somebody", "did", f"thing {n}", n=n)
    assert audit.verify_here().flaw == ""
    whole = audit.entries()
    assert audit.verify(whole[:-1], whole[-1]["seal"]).flaw
    assert audit.verify([*whole[:1], *whole[2:]]).flaw == "entry 2 is missing"
    AuditEntry.objects.filter(number=2).update(about="another thing")
    assert audit.verify_here().flaw == "entry 2 is not as it was written"


@pytest.mark.django_db(transaction=True)
def test_a_backup_is_put_back_whole_with_its_audit(tmp_path):
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from consilium.web.activity.models import Vote
    from consilium.web.people import audit
    from consilium.web.people.keeping import BackupError, backup, restore

    signed_in("kept").post(POLL, {"choice": 3})
    audit.note("kept", "did something")
    path = tmp_path / "site.backup"
    seal = backup(path).seal
    with pytest.raises(BackupError, match="somebody has joined"):
        restore(path)
    call_command("flush", interactive=False, verbosity=0)
    damaged = tmp_path / "damaged"
    damaged.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BackupError, match="no whole backup"):
        restore(damaged)
    body = json.loads(gzip.decompress(path.read_bytes()))
    body["records"] = [r for r in body["records"] if r["model"] != "activity.vote"]
    damaged.write_bytes(gzip.compress(json.dumps(body).encode()))
    with pytest.raises(BackupError, match="records are missing"):
        restore(damaged)
    assert not User.objects.exists()
    assert restore(path).seal == seal == audit.verify_here().seal
    assert (User.objects.get().username, Vote.objects.get().choice) == ("kept", 3)


@pytest.mark.django_db
def test_a_demonstration_has_outcomes_worth_looking_at_and_says_that_they_are_synthetic():
    from random import Random

    from consilium.web.activity.measuring import outcomes_of
    from consilium.web.activity.synthetic import seed
    from consilium.web.editions import the_edition

    assert seed(the_edition(), "a demonstration phrase", Random(7))
    assert not seed(the_edition(), "a demonstration phrase", Random(7))
    found = outcomes_of("trop2-roles-2026")
    assert found.synthetic and found.whole.cases > 40
    assert all(group.cases is None or group.cases >= 5 for group in found.by_scenario)
    page = signed_in("ed", "editor").get(ACTIVITY + "outcomes").content.decode()
    assert "Synthetic: made for a demonstration" in page and "<svg" in page
    assert "what the experts say: " in page and "100 %</text>" in page
    assert "/account/desk/" in signed_in("ed", "editor").get("/account/").content.decode()
    assert "/account/desk/" not in signed_in("somebody").get("/account/").content.decode()


@pytest.mark.django_db
def test_a_second_factor_is_asked_of_whoever_has_one():
    from django_otp.oath import totp
    from django_otp.plugins.otp_totp.models import TOTPDevice

    person = somebody("learner", "careful")
    person.set_password("a long enough phrase 7")
    person.save()
    said = {"username": "careful", "password": "a long enough phrase 7"}
    device = TOTPDevice.objects.create(user=person, name="authenticator", confirmed=True)
    client = Client(REMOTE_ADDR="127.0.0.1")
    assert client.post("/account/sign-in", said).status_code == 422
    code = f"{totp(device.bin_key):06}"
    device.refresh_from_db()
    device.throttle_reset()
    assert client.post("/account/sign-in", said | {"code": code}).status_code == 302
    # and the session knows by which device it was opened
    assert client.session["otp_device_id"] == device.persistent_id
