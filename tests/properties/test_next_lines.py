"""Moving on by one line says what counting the longer list of therapies says."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.builders import a_case, a_course, the_edition

from consilium.clinical.patient import PatientCase
from consilium.clinical.therapies import DERIVED_FACTS, after_progression_on
from consilium.intake import patient_from_mapping
from consilium.knowledge.records import Region
from consilium.planning import plan
from consilium.planning.known import understand
from consilium.planning.next_lines import advance
from consilium.rules.facts import Between, Holding, Known, OneOf, nothing_known

EDITION = the_edition()
MODEL = EDITION.model
PROBE = settings(max_examples=80, deadline=None)
NAMED = sorted(name for name, regimen in EDITION.regimens.items() if not regimen.any_of)
COLLECTIVE = sorted(name for name, regimen in EDITION.regimens.items() if regimen.any_of)
OUTCOMES = ("", "response", "stable", "progression", "unknown")
REASONS = ("", "progression", "toxicity", "completed", "preference", "other", "unknown")


@st.composite
def courses(draw):
    """A course of treatment such as a record may hold."""
    advanced = draw(st.booleans())
    return a_course(
        *draw(st.lists(st.sampled_from(sorted(EDITION.drugs)), min_size=1, max_size=2, unique=True)),
        setting="advanced" if advanced else draw(st.sampled_from(["neoadjuvant", "adjuvant", "unknown"])),
        line=draw(st.sampled_from([None, None, 1, 2])) if advanced else None,
        same_line=advanced and draw(st.integers(0, 4)) == 0,
        ongoing=draw(st.integers(0, 5)) == 0,
        outcome=draw(st.sampled_from(OUTCOMES)),
        stopped_for=draw(st.sampled_from(REASONS)),
        unread=draw(st.sampled_from([(), (), (), ("elixir",)])),
    )  # fmt: skip


cases = st.builds(
    lambda listed, complete: a_case(*listed, complete=complete),
    st.lists(courses(), max_size=4),
    st.booleans(),
)


def counted(case: PatientCase) -> dict[str, Known]:
    """What is counted of a case; everything is possible where nothing is told."""
    derived = understand(case, EDITION).derived
    return {
        name: derived.get(name, nothing_known(MODEL.facts[name].kind)) for name in DERIVED_FACTS
    }


def moved_on(case: PatientCase, regimen: str) -> dict[str, Known]:
    after = advance(understand(case, EDITION).derived, regimen, EDITION)
    return {name: after.get(name, nothing_known(MODEL.facts[name].kind)) for name in DERIVED_FACTS}


@PROBE
@given(cases, st.sampled_from(NAMED))
def test_advancing_agrees_with_counting_the_longer_list(case, regimen):
    longer = after_progression_on(case, EDITION.drugs_of(regimen))
    assert moved_on(case, regimen) == counted(longer)


@PROBE
@given(cases, st.sampled_from(COLLECTIVE), st.data())
def test_after_any_of_several_regimens_each_of_them_is_possible(case, regimen, data):
    """`Chemotherapy` names no drug; what is then known must leave room for each that it can be."""
    one = data.draw(st.sampled_from(EDITION.regimens[regimen].any_of))
    after, exact = (
        moved_on(case, regimen),
        counted(after_progression_on(case, EDITION.drugs_of(one))),
    )
    assert [name for name in DERIVED_FACTS if not leaves_room(after[name], exact[name])] == []


def leaves_room(known: Known, exact: Known) -> bool:
    """Whether everything that is possible by ``exact`` is possible by ``known``."""
    match known, exact:
        case OneOf(), OneOf():
            return exact.values <= known.values
        case Between(), Between():
            return known.low <= exact.low and exact.high <= known.high
        case Holding(), Holding():
            possible = exact.has | exact.may_have
            return known.has <= exact.has and possible <= known.has | known.may_have


def test_a_verdict_that_lasts_is_kept():
    """Of some patients only the subtype is known, and it is not forgotten after a line."""
    for fact, value in (("subtype", "triple-negative"), ("her2_category", "low")):
        facts = understand(a_case(complete=True, **{fact: value}), EDITION).patient.facts
        after = advance(facts, "sacituzumab-govitecan", EDITION)
        assert after[fact] == OneOf(frozenset({value}))


def test_what_may_have_changed_is_asked_again():
    case = a_case(complete=True, ecog_ps=0, disease_volume="low", germline_brca="pathogenic")
    after = advance(understand(case, EDITION).patient.facts, "sacituzumab-govitecan", EDITION)
    assert "ecog_ps" not in after
    assert "disease_volume" not in after
    assert after["germline_brca"] == OneOf(frozenset({"pathogenic"}))


def test_no_line_names_a_drug_of_a_line_before_it():
    """Two options that leave the same questions open may still differ in what was given."""
    carrier = patient_from_mapping(
        {
            "setting": "advanced",
            "er_percent": 0,
            "pr_percent": 0,
            "her2_ihc": "1+",
            "germline_brca": "pathogenic",
            "pd_l1": {"score": "cps", "assay": "22c3", "value": 3},
            "disease_volume": "low",
            "symptomatic": "yes",
            "checkpoint_inhibitor_candidate": "no",
            "prior_therapies": [],
            "prior_therapies_complete": "yes",
        },
        EDITION,
    )
    made = plan(carrier, EDITION, as_of=date(2026, 11, 20), region=Region("US"))
    assert {"olaparib", "talazoparib"} <= {option.regimen for option in made.options}

    def walk(given: frozenset[str], lines) -> None:
        for line in lines:
            for regimen in line.regimens:
                single = not EDITION.regimens[regimen].any_of
                assert not (single and given & set(EDITION.drugs_of(regimen)))
            first = line.regimens[0]
            single = not EDITION.regimens[first].any_of
            walk(given | (set(EDITION.drugs_of(first)) if single else set()), line.then)

    for option in made.options:
        walk(frozenset(option.drugs), option.next_lines)
