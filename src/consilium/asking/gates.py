"""What is not answered, by kind, in the order in which it is looked for."""

from __future__ import annotations

import re
from typing import NamedTuple

from consilium.asking.words import plain


class Refused(NamedTuple):
    """Why, and what to do instead; the words hold no clinical statement."""

    reason: str
    says: str
    may_log: bool = True


_EMERGENCY = re.compile(
    r"\b(can(?:no|')?t|cannot|struggling to|trouble) breath|chest pain|anaphyla\w+ (?:now|right now)|"
    r"\b(?:is|are|am|'m) (?:now )?(?:unconscious|collaps\w+|seizing|bleeding (?:heavily|a lot))|"
    r"\bcollapsed\b|\bsuicid|kill (?:my|him|her)self|end my life|want to die|overdosed?\b|"
    r"\bemergency\b(?! (?:use|medicine|department visits))|call an ambulance|\b911\b|\b999\b|"
    r"(?:fever|temperature|39|38\.\d|40)\b.{0,60}\b(?:right now|tonight|now|just|what do i do|what should (?:i|we) do)|"
    r"\bseptic (?:shock )?(?:now|right now|patient in)|in septic shock|turning blue|not breathing|"
    r"airway (?:is )?swelling|(?:throat|tongue|face|lip)s? (?:is |are )?swelling|swelling of the (?:throat|tongue|face)|\bunresponsive\b|\bhypotensive\b.{0,60}\b(?:now|what)|\bnow hypotensive|(?:having|in) (?:a )?(?:seizure|anaphyla)"
)
_PERSONAL = re.compile(
    r"\bim (?:on|taking|having|scared)\b|\b(?:i have|i've got|i was diagnosed|i've been|i am on|i'm on|i'm taking|i am taking|i take|"
    r"i have been|i started|i am a (?:breast )?cancer|i'm a (?:breast )?cancer|am i (?:going|eligible|"
    r"a candidate|dying|able)|i(?:'m| am) (?:scared|worried|dying|afraid|stage)|should i (?:take|stop|start|"
    r"have|switch|get|go|try|continue|skip|ask)|can i (?:take|stop|drink|eat|skip|have|drive|travel|get|still)|"
    r"will i (?:live|die|lose|survive|be|have)|how long (?:will|have) i (?:live|got|have|survive|be)|how long do i have|my (?:own )?(?:cancer|tumou?r|"
    r"oncologist|doctor|scan|biopsy|chemo|treatment|prognosis|breast|hair|side effects|diagnosis|mastectomy)|"
    r"my (?:mum|mom|mother|wife|sister|daughter|aunt|grandma|grandmother|husband|friend|partner|father|dad)"
    r"(?:'s|s)? |do i (?:have|need|qualify)|is it safe for me|for me\b.{0,20}\?$)"
)
_CLINICIAN = re.compile(
    r"\bi have (?:a|an|this|another|two|some|one|several|seen|given|used|never|always|no)\b.{0,40}?"
    r"(?:patient|pt\b|lady|woman|case|year[- ]old|yo\b|y/o|question)|\bmy (?:patients?|pts?)\b|"
    r"\bi have (?:a )?questions?"
)
_INJECTION = re.compile(
    r"ignore (?:all |any |your |the |these |previous |prior |above |everything)|disregard (?:all|any|your|the|previous|prior)|"
    r"forget (?:all|your|the|previous|everything|what|about your) ?(?:instructions|rules|sources|guidelines|you)?|"
    r"system prompt|your (?:instructions|prompt|rules|guardrails|system message)|jailbreak|developer mode|"
    r"\bdan mode|act as (?:a|an|if|though)|pretend (?:to|you|that|the|this|these|it|all|we)|you are now|roleplay|role-play|"
    r"(?:without|no need for|skip(?:ping)?|omit|drop) (?:any )?(?:the )?(?:citations?|sources|citing|references|caveats|disclaimers)|"
    r"from your own (?:knowledge|memory|training)|use your (?:own )?(?:knowledge|training|imagination)|"
    r"(?:respond|reply|answer) (?:only )?(?:with|in) (?:only |just )?(?:yes|no|one word)|\bunrestricted\b|no restrictions|"
    r"override (?:your|the|all)|bypass|</?(?:system|user|assistant|instruction)|\[(?:system|inst)|"
    r"new instructions?:|reveal (?:your|the)|repeat (?:the )?(?:words|text|everything) above|print your|"
    r"\blet'?s play\b|play a game|\blie (?:to me )?about|\b(?:tell|give) (?:me |us )?(?:a lie|lies|something false|false)|(?:you|please) lie\b|"
    r"make (?:something|it|one|them) up|make up (?:a|an|some|any|the (?:figure|number|answer|result|rest))\b|just guess|\bguess (?:the|a|what)|\bfabricat\w+|invent (?:a|some|the)|hypothetically,? if you (?:were|had) no"
)
_IDENTIFIERS = re.compile(
    r"\b(?:mrn|medical record (?:number|no)|hospital (?:number|no)|nhs (?:number|no)|ssn|social security|"
    r"patient id|passport|insurance (?:number|no|id)|medicare (?:number|no|id))\b\s*[:#]?\s*[\w-]*\d|"
    r"\b\d{3}-\d{2}-\d{4}\b|\b(?:dob|d\.o\.b\.?|date of birth|born(?: on)?)\b\s*:?\s*(?:the )?\d|"
    r"\bborn(?: on)? (?:\d{1,2} )?(?:january|february|march|april|may|june|july|august|september|october|november|december)|"
    r"\b\d{1,4} [a-z]+ (?:rd|road|street|st|avenue|ave|lane|close|drive|gardens?)\b|[\w.+-]+@[\w-]+\.[a-z]{2,}|\b(?:\+\d{1,3}[ -]?)?\(?\d{3}\)?[ -]\d{3}[ -]\d{4}\b|\b\d{3} \d{3} \d{4}\b"
)
_NAME = re.compile(
    r"\b[A-Z][a-z]+ [A-Z][a-z]+,? (?:\(?\*?\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|(?:aged? )?\d{2},)|"
    r"\b(?:Case|CASE|Re|Pt|pt|Patient)[:,] ?[A-Z][a-z]+ [A-Z][a-z]+\b|"
    r"\b(?:Mrs|Mr|Ms|Miss|patient(?: named| called)?|named|called|name is)\.? "
    r"(?!Tolaney|Cortes|Dent|Li|TROP|HER|PD|BRCA|TNBC|Trodelvy|Enhertu|Datroway|Dato|TRADE|SERIES|PRIMED|ASCENT|FAQ)"
    r"[A-Z][a-z]+(?: [A-Z]\.?)?(?: [A-Z][a-z]+)?"
)
_ORDER = re.compile(
    r"(?:how (?:many|much)|what|total|exact) (?:mg|milligrams?|ml|vials?)\b|\bmg\?|\bdose\b.{0,60}\b(?:\d{2,3} ?kg|\d\.\d+ ?m2|bsa)|"
    r"(?=.*(?:\bdos|\bmg\b|how much|\bgive\b|vial|\border|prescri|calculat|infus|bolus|work out)).*\b\d{2,3}(?:\.\d)? ?(?:kg|kilos?|lbs?|pounds)\b|"
    r"(?:calculate|work out|compute|give me|tell me|what is|what's) (?:the |her |his |a |their )?(?:exact |total |right |correct )?(?:dose|dosage|mg)\b.{0,40}\b(?:for (?:my|this|a|her|him|the) (?:patient|pt|lady|woman|man|\d)|for (?:her|him)|she|he)|"
    r"\b(?:place|write|enter|put in|sign|submit|send|draft) (?:me )?(?:an? |the |this |her |his )?(?:order|prescription|script|chemo order|referral)|"
    r"\bprescribe\b.{0,30}\b(?:for|to|my|her|him|me)\b|\border\b.{0,25}\b(?:for (?:my|this|bed|her|him|room|tomorrow|today)|now)|"
    r"\b(?:refill|e-?prescri)|bed \d+|(?:can|should|may) (?:i|we) (?:give|restart|resume|hold|reduce) (?:her|his|the|today's|this)?.{0,30}\b(?:today|tomorrow|now|anc (?:is|of) \d)"
)
_WRITE = re.compile(
    r"\b(?:write|draft|compose|create|make|generate|prepare|produce|design|give me|come up with)\b(?: \w+){0,4} "
    r"(?:press release|advert\w*|\bad\b|\bads\b|tweet|tweets|post|slogan|tagline|headline|email|e-mail|letter|appeal|"
    r"essay|poem|song|story|joke|brochure|leaflet|flyer|campaign|marketing|sales|pitch|blog|linkedin|"
    r"instagram|article|abstract|manuscript|grant|consent form|contract|legal|complaint|lawsuit|slide|slides|deck|"
    r"detail aid|talking points|testimonial|op-ed|script|code|python|sql|haiku|limerick|rap|statement for)|"
    r"\b(?:advertis|promot(?:e|ional|ing)\b|slogan|marketing|sales pitch)|\bsue\b|\blawsuit|\bmalpractice|liabilit|"
    r"\blegal (?:advice|letter|opinion)|prior[- ]auth\w* (?:letter|appeal)|letter of (?:medical )?necessity|insurance appeal|"
    r"^(?:an? |one |some |short |funny |rhyming |the )*(?:poem|haiku|limerick|song|rap|slogan|tagline|tweet|jingle|press release|blog post|sonnet|ode|verse|advert\w*|ad copy|linkedin post)s? (?:about|on|for|of|to|praising|celebrating|announcing)\b|"
    r"which is the best(?: drug)?[- ]selling|help (?:me|us) sell"
)

_SAYS = {
    "emergency": "This cannot help in an emergency. Call the local emergency number, or the acute "
    "oncology service on call, now. Nothing here is fast or specific enough for it.",
    "personal": "These pages are for health professionals and cannot advise you about your own or "
    "a relative's care. Please take the question to the treating team; between visits, the "
    "oncology nurse line of the hospital is the right first call.",
    "injection": "Answers are made only of stored statements with their sources, and that cannot be "
    "switched off. Ask about a drug, a trial or an expert of this field.",
    "identifiers": "The question seems to hold something that identifies a person. It was not "
    "stored and not answered. Please ask again without name, date of birth, number or address.",
    "dose": "A dose or an order for a real patient is not given in an answer. The calculators do "
    "it step by step, with the gates of the label: `consilium care`, or the care sheet of a plan. "
    "What the label says of the dose in general can be asked here.",
    "promotional": "Promotional, legal and other writing is not done here. The statements and their "
    "sources may be cited as they stand.",
    "forecast": "That lies ahead of every source, or hangs on one person: nobody holds it, and none "
    "is made up here. What is known today can be asked, with its date.",
    "unknown-name": "The stored sources hold nothing by this name:",
    "out-of-field": "This lies outside what the edition holds: TROP-2-directed antibody-drug "
    "conjugates, and what they are weighed against, in HER2-negative metastatic breast cancer.",
    "empty": "Please ask a question, for example about a drug, a trial or an expert.",
}  # fmt: skip


LOGGED = frozenset(
    ("emergency", "injection", "promotional", "unknown-name", "out-of-field", "empty")
)
"""The kinds of which the question may be kept; the others may tell of a person."""


def says(reason: str) -> str:
    """The fixed words for a kind of refusal."""
    return _SAYS[reason]


def refused(question: str) -> Refused | None:
    """The first gate that a question meets, if any: crisis, injection, identifiers, order, writing."""
    text = plain(question)
    if not re.search(r"[a-z]{2}", text):
        return Refused("empty", says("empty"))
    clinician = _CLINICIAN.search(text) is not None
    for reason, met in (
        ("emergency", _EMERGENCY.search(text)),
        ("injection", _INJECTION.search(text)),
        ("identifiers", _IDENTIFIERS.search(text) or _NAME.search(question)),
        ("dose", _ORDER.search(text) and not _general_dose(text)),
        ("promotional", _WRITE.search(text)),
        ("personal", _PERSONAL.search(text) and not clinician),
    ):
        if met:
            return Refused(reason, says(reason), reason in LOGGED)
    return None


def _general_dose(text: str) -> bool:
    return re.search(
        r"mg/kg|per kg|label|recommended|standard|\bcap\b|\bcapped|maximum|\bmax\b|\bdilut|saline|dextrose|\bin (?:ascent|tropion|the trial)",
        text,
    ) is not None and (
        re.search(
            r"(?<!above )(?<!over )(?<!from )(?<!beyond )\b\d{2,3} ?kg\b|\bmy (?:patient|pt)\b|\bfor (?:her|him)\b",
            text,
        )
        is None
    )
