"""Attributes that people ask for and sources seldom tell: a question for one is answered only by
a statement whose words tell of it.

Each row names the attribute, how it is asked for, and how a sentence shows that it tells it.
Words that stand beside almost anything ("hospital", "brand", "together") would otherwise be
answered by whatever else is known of the same thing.
"""

from __future__ import annotations

import re
from functools import lru_cache

from consilium.asking.words import plain

_ROWS: tuple[tuple[str, str, str], ...] = (
    ("an institution", r"\b(?:which|what|whose) (?:hospital|institution|university|clinic|cancer cent\w+|department|employer)\b|affiliat|\bacademic (?:post|position|title|rank)|where (?:does|do|is|are) .{0,30}\b(?:work|based|practi)|works? (?:at|for) (?:which|what)", r"affiliat|professor of|works at|\buniversity of"),
    ("where a person is from", r"(?:which|what) country is (?:dr|prof|doctor)|nationality|where is (?:dr|prof\w*|doctor) \w+ from", r"nationality|comes from"),
    ("how many took part in the event", r"how many .{0,40}\b(?:attend|joined|took part|participated|watched|listened|registered|tuned)", r"\battend|participants of the webinar"),
    ("how long the event was", r"how long (?:did|was|is|does) (?:the |this )?(?:webinar|activity|session|event|talk|programme|program|video)|how many minutes|(?:length|duration) of (?:the |this )?(?:webinar|activity|session|event|talk)", r"\bminutes?\b|\bhours?\b"),
    ("who led or reviewed it", r"\bmoderat(?:ed|or|ors|ing)\b|\bchair(?:ed|s|person|man)?\b(?! of)|\bhosted\b|peer[- ]?review|who edited|\beditors?\b", r"\bmoderat(?:ed|or|ors|ing)\b|\bchair(?:ed|s)\b|hosted by|reviewed by"),
    ("a mark to pass", r"\bpass(?:ing)? (?:the |mark|score|grade|rate)|\bto pass\b|score (?:is |was )?(?:needed|required)", r"\bpass mark|to pass\b"),
    ("a place or day of the event", r"(?:which|what) (?:day|date|city|town|venue|place|room)\b.{0,50}\b(?:webinar|event|held|take place|took place)|where (?:was|is|did) .{0,20}\b(?:webinar|event)\b.{0,20}(?:held|take place)?|when (?:was|did|is) (?:the |this )?(?:webinar|event)|(?:webinar|event) (?:date|venue|city)", r"\bheld (?:on|in) \w+ \d|\bheld in [A-Z]"),
    ("a database", r"(?:which|what) (?:real[- ]world )?(?:database|registry(?! (?:number|no|id|code|entry))|data ?set|cohort)\b", r"flatiron|registry|database|records|trinetx|cohort"),
    ("a country", r"in (?:which|what) countr|(?:which|what) countries|where (?:was|were) .{0,40}\b(?:conducted|carried out|run|done|performed)", r"chin|japan|korea|taiwan|europe|countries|united states|netherlands|dutch|german|french|portug|asia"),
    ("a laboratory", r"which lab\w*|what lab\w*|who (?:does|did|do|performs?|ran) the (?:testing|tests?|assay)", r"\blaborator"),
    ("an assay", r"(?:which|what) (?:\S+ ){0,3}assay|assays? (?:was|were|is|are) used|assay and|type of assay|antibody clone|companion diagnostic", r"22c3|sp142|\bassays?\b|antibody clone|companion"),
    ("the investigator", r"principal investigator|lead investigator|\bpi of\b|steering committee|who (?:designed|conceived)", r"investigator:|led by|\bchair"),
    ("a wash-out", r"wash-?out", r"wash-?out"),
    ("how it goes with food", r"with (?:or without )?food|empty stomach|with meals?|\bfasting\b|grapefruit", r"\bfood\b|\bmeals?\b|fasting|grapefruit"),
    ("vaccines", r"vaccin", r"vaccin"),
    ("a filter", r"\bfilters?\b(?! out)", r"\bfilters?\b"),
    ("a missed dose", r"missed (?:a |the )?dose|forg[eo]t\w* (?:a |the |to take)|dose (?:is |was )?missed|skipped dose", r"\bmissed\b|skipped"),
    ("a brand", r"(?:which|what) (?:brand|make)\b(?! ?names?)|brands? of\b", r"neupogen|zarxio|neulasta|systane"),
    ("a prevalence", r"prevalence|(?:what|which|how (?:many|large|big) an?) (?:proportion|share|percent\w*|fraction) of (?:all )?(?:breast|tnbc|triple|tumou?rs|cancers|women|(?:her2|hr)\S*)\b.{0,40}\b(?:are|is|have|carry|harbou?r|belong)|how (?:common|frequent|rare) (?:is|are) (?:her2|hr|tnbc|triple|brca|germline|trop)", r"prevalence|of all breast cancers|of (?:tnbc|triple-negative disease) (?:are|carry)"),
    ("how people voted", r"\bvot(?:e|ed|es|ers|ing)\b|answered .{0,14}likely|poll (?:results?|respondents)|(?:percent\w*|share|how many) .{0,40}\bpoll\b", r"% of (?:voters|readers)|\bvotes\b"),
    ("how it keeps", r"\bfridge|refrigerat|shelf[- ]life|\bstor(?:ed|age)\b|how long .{0,40}(?:keep|kept|last)\b.{0,20}(?:vial|mixed|reconstitut|dilut|fridge|bag)|(?:vial|reconstitut\w+|mixed).{0,30}(?:keep|kept)\b", r"°c|fridge|refrigerat|\bstored\b|shelf|hours"),
    ("an amount of money", r"how much (?:money|did .{0,40}(?:get|receive|paid))|(?:amount|sum) of (?:money|the grant)", r"\$|€|dollars|euros"),
    ("a cut-off of PD-L1", r"(?:pd-?l1|cps)\b.{0,20}cut-?off|cut-?off.{0,30}(?:pd-?l1|cps)", r"\bcps\b|combined positive score|22c3|sp142|\b1 ?%"),
    ("anything at that congress", r"\bsabcs|san antonio|\baacr\b", r"sabcs|san antonio|aacr"),
    ("whether it is tested for", r"trop-?2 (?:testing|test\b|ihc)|test(?:ed|ing)? for trop|trop-?2 expression (?:required|needed)", r"trop-?2[^.]{0,40}(?:test|express|ihc|h-score)"),
    ("a strength", r"\bstrengths?\b", r"\bstrength|mg tablets|mg capsules"),
    ("an emetic class", r"emetogenic (?:class|risk|potential|category|level)|emetic (?:risk|class)", r"emet|risk of vomiting|vomiting risk"),
    ("how long a test takes", r"how (?:long|fast|quick\w*) (?:does|do|is|are|until) .{0,30}(?:test|result)s?\b(?! (?:of|in|for|from) (?:ascent|trop|dest|key))|turn-?around", r"turn-?around"),
    ("where the figure comes from", r"(?:which|what) (?:study|trial|source|paper|cohort|data\w*|reference)\b.{0,60}\b(?:come|comes|came|stem|stems|taken|derived|based)\b", r"\btaken from\b|\bfrom the (?:study|cohort) of"),
    ("later lines", r"\bthird[- ]line|\b3l\b|fourth[- ]line|\b3rd[- ]line|third treatment", r"third|line 3|3 or more|\btwo or more|2 or more|at least two|later lines?|one to four|heavily|median of \d"),
    ("giving both together", r"(?:given|used|taken|combined|administered) (?:together|concurrently|simultaneously|at the same time)|(?:concurrent|simultaneous) use|combin(?:e|ed|ing) (?:a |an |the )?(?:parp|trop|adc)", r"combin|together|\bplus\b|with pembrolizumab|concurrent"),
    ("a gene of resistance", r"(?:which|what) (?:gene|mutation)s?\b.{0,40}\b(?:mak|caus|confer|lead|predict|drive|resist)", r"\bPTEN|TOP1|TACSTD2"),
    ("stability", r"stable in (?:the )?(?:plasma|blood|circulation)|plasma stability|how stable", r"\bstable in\b|stability"),
    ("a distance", r"\bhow far (?:does|do|can|will) .{0,20}\b(?:payload|diffus|penetrat|travel)", r"µm|micromet|cell diameters"),
    ("that PD-L1 group", r"cps ?(?:<|below|under|less than) ?1\b", r"(?:below|less than|under|<) ?1\b"),
    ("an age", r"how old (?:were|was|are)|(?:median|mean|average) age|\bage of (?:the )?(?:patients|participants)|age range", r"\bage[ds]?\b|years old|\d years"),
    ("sepsis", r"\bsepsis|septic", r"\bsepsis|septic"),
    ("bone pain", r"bone pain", r"bone pain"),
    ("a taste or mouth symptom", r"dry mouth|\btaste\b|dysgeusia", r"dry mouth|\btaste|dysgeusia"),
    ("rechallenge", r"re-?challeng|re-?treat(?:ed|ment) with the same|re-?start(?:ed)? after (?:a )?grade [34]", r"re-?challeng|not again|permanent|restart|re-?start"),
    ("a paediatric use", r"paediatric|pediatric|children|adolescen", r"paediatric|pediatric|children|adolescen"),
    ("a price", r"\bhow expensive|list price", r"\bprice"),
    ("alcohol or driving", r"\balcohol\b|\bdriv(?:e|ing) (?:a |after|while)", r"\balcohol\b|\bdriv(?:e|ing)\b"),
    ("exercise or diet", r"\bexercise\b|\bdiets?\b|supplements?\b", r"\bexercise\b|\bdiet|supplement"),
    ("a receptor occupancy or affinity", r"\baffinity\b|\bkd\b|receptor occupancy|internali[sz]ation", r"affinity|occupancy|internali"),
    ("metabolism", r"\bmetaboli[sz]ed by|which cyp|\bexcret|eliminat(?:ed|ion) (?:by|via)|protein binding|volume of distribution|steady state", r"metaboli[sz]ed by|excret|eliminat"),
)  # fmt: skip
_COMPILED = tuple(
    (name, re.compile(asked), re.compile(told, re.IGNORECASE)) for name, asked, told in _ROWS
)


@lru_cache(maxsize=4096)
def asked_for(question: str) -> tuple[str, ...]:
    """The attributes of the list that a question asks for."""
    lowered = plain(question)
    return tuple(name for name, asked, _ in _COMPILED if asked.search(lowered))


def untold(question: str, texts: list[str]) -> tuple[str, ...]:
    """Those of them that none of some sentences tells."""
    wanted = set(asked_for(question))
    return tuple(
        name
        for name, _, told in _COMPILED
        if name in wanted and not any(told.search(text) for text in texts)
    )
