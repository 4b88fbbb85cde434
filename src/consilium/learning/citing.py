"""An activity for others: its citation, and its record in the forms that libraries read.

CSL-JSON 1.0, RIS, schema.org JSON-LD and JATS 1.3. What is cited is the
activity as its provider published it; what these records hold of its content
is this edition's own wording.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import msgspec

from consilium.clinical.dates import Day
from consilium.guidance.interests import KINDS
from consilium.knowledge.edition import Edition
from consilium.knowledge.learning import Activity, FacultyMember

FORMS = {
    "csl": "application/vnd.citationstyles.csl+json",
    "ris": "application/x-research-info-systems",
    "jsonld": "application/ld+json",
    "jats": "application/xml",
    "markdown": "text/markdown; charset=utf-8",
}
"""The forms in which an activity can be had, each with its media type."""


def export(activity: Activity, edition: Edition, form: str) -> str:
    """The activity in one of the ``FORMS``."""
    match form:
        case "csl":
            return _json([as_csl(activity, edition)])
        case "jsonld":
            return _json(as_json_ld(activity, edition))
        case "ris":
            return as_ris(activity, edition)
        case "jats":
            return as_jats(activity, edition)
        case _:
            return as_markdown(activity, edition)


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def cite(activity: Activity, edition: Edition) -> str:
    """The activity in one line, as one would cite it."""
    provider = edition.organisations[activity.provider.organisation].name
    names = ", ".join(f"{family} {_initials(given)}" for family, given in _names(activity, edition))
    day = "" if activity.released == "not-stated" else f" {activity.released}."
    url = edition.sources[activity.source].url
    return f"{names}. {activity.title}. {activity.series}. {provider}.{day} {url}".rstrip()


def _names(activity: Activity, edition: Edition) -> Iterator[tuple[str, str]]:
    """Family and given names of the faculty, the primary author first."""
    order = sorted(activity.faculty, key=lambda member: member.role != "primary-author")
    for member in order:
        given, _, family = edition.speakers[member.speaker].name.rpartition(" ")
        yield family, given


def _initials(given: str) -> str:
    return "".join(part[0] for part in given.replace(".", "").split())


def as_csl(activity: Activity, edition: Edition) -> dict[str, Any]:
    """The activity as one item of CSL-JSON."""
    item: dict[str, Any] = {
        "id": activity.id,
        "type": "webpage",
        "title": activity.title,
        "author": [{"family": f, "given": g} for f, g in _names(activity, edition)],
        "container-title": activity.series,
        "publisher": edition.organisations[activity.provider.organisation].name,
        "genre": activity.type_as_written or activity.type,
        "URL": edition.sources[activity.source].url,
        "abstract": activity.abstract,
        "language": "en",
    }
    if isinstance(activity.released, Day):
        item["issued"] = {"date-parts": [[int(p) for p in str(activity.released).split("-")]]}
    return item


def as_ris(activity: Activity, edition: Edition) -> str:
    """The activity as one record of RIS."""
    lines = [("TY", "ELEC"), ("TI", activity.title)]
    lines += [("AU", f"{family}, {given}") for family, given in _names(activity, edition)]
    lines += [
        ("T2", activity.series),
        ("PB", edition.organisations[activity.provider.organisation].name),
    ]
    if isinstance(activity.released, Day):
        lines.append(("PY", str(activity.released)[:4]))
        lines.append(("DA", str(activity.released).replace("-", "/")))
    lines += [("AB", activity.abstract), ("UR", edition.sources[activity.source].url), ("LA", "en")]
    text = "".join(f"{tag}  - {value}\r\n" for tag, value in lines if value)
    return f"{text}ER  - \r\n"


def as_json_ld(activity: Activity, edition: Edition) -> dict[str, Any]:
    """The activity as schema.org understands it: a learning resource on a medical subject."""
    organisations = edition.organisations
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": ["MedicalWebPage", "LearningResource"],
        "name": activity.title,
        "description": activity.abstract,
        "url": edition.sources[activity.source].url,
        "inLanguage": "en",
        "isPartOf": {"@type": "Series", "name": activity.series},
        "learningResourceType": activity.type_as_written or activity.type,
        "teaches": [objective.says for objective in activity.objectives],
        "medicalAudience": {"@type": "MedicalAudience", "audienceType": activity.audience.says},
        "author": [_person(member, edition) for member in activity.faculty],
        "publisher": {
            "@type": "Organization",
            "name": organisations[activity.provider.organisation].name,
        },
        "funder": [
            {"@type": "Organization", "name": organisations[support.organisation].name}
            for support in activity.supporters
        ],
        "hasPart": [
            {"@type": "Question", "name": question.asks, "answerCount": len(question.turns)}
            for question in activity.questions
        ],
        "lastReviewed": str(activity.checked),
    }
    if isinstance(activity.released, Day):
        found["datePublished"] = str(activity.released)
    if isinstance(activity.expires, Day):
        found["expires"] = str(activity.expires)
    return found


def _person(member: FacultyMember, edition: Edition) -> dict[str, Any]:
    speaker = edition.speakers[member.speaker]
    return {"@type": "Person", "name": speaker.name, "honorificSuffix": speaker.credentials}


def says_disclosure(member: FacultyMember, edition: Edition) -> tuple[tuple[str, str], ...]:
    """What a member of the faculty declares: kinds of tie, each with its names as written."""
    return tuple(
        (
            KINDS[relationship.kind],
            ", ".join(relationship.organisations)
            or "; ".join(f"{p.about} ({p.status}, {p.number})" for p in relationship.patents),
        )
        for relationship in member.disclosure.relationships
    )


def as_jats(activity: Activity, edition: Edition) -> str:
    """The activity as a JATS 1.3 article: front with funding and interests, body by question."""
    publisher = edition.organisations[activity.provider.organisation].name
    authors = "".join(
        f'<contrib contrib-type="author"><name><surname>{escape(family)}</surname>'
        f"<given-names>{escape(given)}</given-names></name></contrib>"
        for family, given in _names(activity, edition)
    )
    funding = "".join(
        f"<award-group><funding-source>{escape(edition.organisations[s.organisation].name)}"
        f"</funding-source></award-group>"
        for s in activity.supporters
    )
    interests = "".join(
        f'<fn fn-type="coi-statement"><p>{escape(edition.speakers[m.speaker].name)}: '
        + escape("; ".join(f"{kind}: {names}" for kind, names in says_disclosure(m, edition)))
        + "</p></fn>"
        for m in activity.faculty
    )
    date = ""
    if isinstance(activity.released, Day):
        tags = ("year", "month", "day")
        parts = dict(zip(tags, str(activity.released).split("-"), strict=False))
        inner = "".join(f"<{t}>{parts[t]}</{t}>" for t in reversed(tags) if t in parts)
        date = f'<pub-date date-type="pub" iso-8601-date="{activity.released}">{inner}</pub-date>'
    body = "".join(
        f"<sec id={quoteattr(q.id)}><title>{escape(q.asks)}</title>"
        + "".join(
            f"<sec id={quoteattr(t.id)}><title>{escape(edition.speakers[t.speaker].name)}</title>"
            + "".join(f"<p>{escape(said)}</p>" for said in t.says)
            + "</sec>"
            for t in q.turns
        )
        + "</sec>"
        for q in activity.questions
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="article-commentary" '
        'dtd-version="1.3" xml:lang="en"><front><journal-meta>'
        f'<journal-id journal-id-type="publisher-id">{escape(activity.series)}</journal-id>'
        f"<journal-title-group><journal-title>{escape(activity.series)}</journal-title>"
        f"</journal-title-group><publisher><publisher-name>{escape(publisher)}</publisher-name>"
        "</publisher></journal-meta><article-meta>"
        f'<article-id pub-id-type="publisher-id">{escape(activity.id)}</article-id>'
        f"<title-group><article-title>{escape(activity.title)}</article-title></title-group>"
        f"<contrib-group>{authors}</contrib-group><author-notes>{interests}</author-notes>{date}"
        f"<self-uri xlink:href={quoteattr(edition.sources[activity.source].url)}/>"
        f"<abstract><p>{escape(activity.abstract)}</p></abstract>"
        f"<funding-group>{funding}</funding-group></article-meta></front>"
        f"<body>{body}</body></article>\n"
    )


def as_markdown(activity: Activity, edition: Edition) -> str:
    """The activity to be read on its own: support and disclosures first, then what was said."""
    return "\n".join(_markdown(activity, edition)) + "\n"


def _markdown(activity: Activity, edition: Edition) -> Iterator[str]:
    organisations = edition.organisations
    yield f"# {activity.title}\n\n{activity.abstract}\n"
    yield f"{activity.series}. Released: {_or_silence(activity.released)}. "
    yield f"Expires: {_or_silence(activity.expires)}. Provider: {activity.provider.as_written}.\n"
    yield "## Before you start\n"
    for support in activity.supporters:
        kind = support.kind.replace("-", " ")
        yield f"- Supported by {organisations[support.organisation].name} ({kind})."
    for member in activity.faculty:
        speaker = edition.speakers[member.speaker]
        role = member.role.replace("-", " ")
        yield f"- {speaker.name}, {speaker.credentials} (role: {role}) declares:"
        for kind, names in says_disclosure(member, edition):
            yield f"  - {kind}: {names}"
    yield "\n## Objectives\n"
    for objective in activity.objectives:
        yield f"- {objective.says}"
    yield "\n## Key takeaways\n"
    for takeaway in activity.takeaways:
        yield f"- {takeaway.says}"
    for question in activity.questions:
        yield f"\n## {question.asks}\n"
        for turn in question.turns:
            yield f"### {edition.speakers[turn.speaker].name}\n"
            yield "\n\n".join(turn.says) + "\n"
            for remark in turn.remarks:
                if remark.flag:
                    yield f"- Note: {remark.says}; {remark.flag.replace('-', ' ')}: {remark.reason}"
    yield "\n## Not stated in the source\n"
    yield from (f"- {what}" for what in activity.not_stated)
    yield f"\nCite as: {cite(activity, edition)}"


def _or_silence(day: object) -> str:
    return "not stated in the source" if day == "not-stated" else str(day)
