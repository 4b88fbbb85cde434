"""The words in which people ask: what is asked of a thing (its facet), and in which manner.

No clinical statement lives here; these are names of subjects only.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_FACETS: tuple[tuple[str, str], ...] = (
    ("pfs", r"under control|control(?:led)? (?:of )?(?:the )?(?:disease|cancer|tumour)(?! rate)|how long (?:until|before|till) .{0,30}(?:gr[eo]w|progress|worsen|got worse|comes? back)|before (?:the )?(?:cancer|disease|tumour) (?:gr[eo]w|progress)|time (?:until|to) (?:growth|worsening)|stays? stable|\b[im]?pfs\b(?! ?2)|progression[ -]free|progress(?:ion|ing)? (?:less|slower|delay)|time to progression|keep the (?:cancer|disease) (?:in check|under control)|disease control\b(?! rate)|without progress"),
    ("os", r"how long (?:did|do|does|will) .{0,30}\bliv|\blived\b|\blive with\b|alive\b|life ?span|life expectancy|\bm?os\b|overall survival|live[sd]? longer|living longer|survive[sd]? longer|prolong(?:s|ed)? (?:life|survival)|surviv(?:al|e)\b(?! to)(?<!free survival)|mortality"),
    ("pfs2", r"\bpfs ?2\b|second progression"),
    ("tfst", r"\btfst\b|time to (?:the )?first subsequent"),
    ("tsst", r"\btsst\b|time to (?:the )?second subsequent"),
    ("orr", r"shr[iau]nk|shrinkage|\borr\b|response rates?|objective response|overall response|how many respond|\bresponded\b|\bresponders?\b|\bresponses?\b(?! to)"),
    ("dor", r"responses? (?:to )?lasts?|how long .{0,30}responses? |lasting response|\bdor\b|duration of (?:the )?response|response durations?|how long (?:did|do) (?:the )?responses?"),
    ("cbr", r"\bcbr\b|clinical benefit rate"),
    ("dcr", r"\bdcr\b|disease control rate"),
    ("ttr", r"\bttr\b|time to (?:first )?response"),
    ("cr", r"complete (?:response|remission)"),
    ("results", r"\bend ?points?\b|statistical|\bsignifican|\bresults?\b|\befficacy\b|\beffective(?:ness)?\b|\bbenefits?\b|\boutcomes?\b|\bfindings?\b|\bfind\b|\bwork(?:s|ed)?\b(?! up)|\bshow(?:s|n|ed)?\b|\bimprove[sd]?\b|\bdata\b|\bbetter than\b|\bsuperior"),
    ("hr", r"\bhrs?\b(?!\s*[-+(]|\s*positive|\s*pos\b|\s*neg)|hazard ratios?"),
    ("median", r"months exactly|exact months|how many months|\bmedians?\b(?! age)|\bmpfs\b|\bmos\b"),
    ("p-value", r"\bp[- ]values?\b|\bp ?[=<>] ?0?\.\d|\bp\?|and p\b(?!\w)|with p\b"),
    ("landmark", r"(?<![\d.])(?<!within )(?<!over )(?<!first )(?:6|12|18|24|36|six|twelve|eighteen)[- ]?(?:months?|mo)\b|landmark|(?:one|two|1|2)[- ]year (?:os|pfs|surv|rate)"),
    ("follow-up", r"follow[- ]?up\b|followed for|how long .* followed"),
    ("n", r"how many (?:patients|pts|people|women|participants|subjects)|number of (?:patients|pts|people|participants)|sample size|\bn ?=|enrol(?:l)?ment (?:number|size)|how (?:big|large)|how many were (?:randomi[sz]ed|enrolled|treated)|(?:trial|study|cohort|arm) size|size of (?:the )?(?:trial|study|cohort|arm)|^size\b"),
    ("population", r"(?:in )?(?:what|which) (?:disease|cancer|subtype|tumou?r type|setting)|\bpopulations?\b|\bwho (?:was|were|is|are|took part|could|can|got|qualif)|\bwhich (?:patients|pts|kind of patients|type of patients|people)|what (?:kind|type|sort)s? of (?:patients|pts|people|disease|breast)|\benrol|recruited patients|\binclu(?:ded|sion|de)|\bin whom\b|\bsetting\b|study group"),
    ("eligibility", r"(?:disease|treatment|progression|chemo\w*)[- ]free interval|\bdfi\b|\bexclu|\beligib|\bineligib|\bcriteria\b|\bentry\b|\bqualify|\bnot (?:a )?candidates?|can(?:not| ?n[o']t) (?:have|receive|get)"),
    ("lines", r"(?<!one )(?<!single )\blines?\b|\b[123]l\b|\bfirst[- ]line|\bfrontline|\bupfront|\bsecond[- ]line|\bthird[- ]line|previously (?:treated|untreated)|\buntreated|treatment[- ]na|chemo(?:therapy)?[- ]na|prior (?:chemo|therap|treat)|pretreated|newly diagnosed"),
    ("arms", r"\barms?\b|\bcompar(?:ed|ator|ed with|ing)\b|\bcontrol (?:arm|group|treatment)|\bversus what|\bregimens?\b|what (?:was|is|were|are) (?:it |they )?(?:tested|tried|compared|studied|investigat\w+|test\w*)|\bplus\b|what (?:does|did|do) .* (?:test|compare|investigate|study|look at)|\bdesign"),
    ("comparator", r"which chemo|consists? of|ma[dk]e up (?:the|of)|control (?:drugs?|patients|treatment|regimen)|\bcontrols\b|comparator|control arm|control group|(?:chemo\w*|control) (?:control|comparator|options|choices)|compared (?:with|to|against) what|against what(?! targets?\b)|which chemo|what chemo|chemo(?:therapy)? (?:options|choices|drugs|agents|used)|physician'?s? choice|\btpc\b"),
    ("phase", r"\bphases?\b|(?:kind|type|sort) of (?:trial|study)"),
    ("nct", r"\bnct\b|clinicaltrials|regist(?:ry|ration|er) ?(?:number|no\b|id|entry|code|$)|trial (?:number|id|identifier)|identifier"),
    ("names", r"also (?:known|called)|other names?|\bcalled\b|\bbrand|trade ?name|generic name|abbreviat|stand for|\bcode ?name|\baka\b|\bacronym|what is \w+ ?(?:\?|$)|\bname of"),
    ("randomised", r"\brandomi[sz]"),
    ("allocation", r"randomi[sz]ation ratio|allocation|allocated|\b[123] ?: ?1\b|ratio of randomi"),
    ("interval", r"\b95 ?%|\bci\b|confidence interval"),
    ("data-cut-off", r"data cut-?off|cut-?off date|\bdco\b"),
    ("exposure-adjusted", r"exposure[- ]adjusted|\beair"),
    ("numbers-at-risk", r"(?:numbers?|patients) at risk|kaplan|\bkm\b|curve"),
    ("interchange", r"interchang|mix(?:ed)? up|confus|instead of|substitut|replace|in place of|mg for mg|milligram for milligram|\bswap|same as\b"),
    ("gate", r"\bcut-?offs?\b|\bthresholds?\b|minimum|\bproceed|go ahead|\bgates?\b|\bhold\b|withhold|before (?:each|every|a) dose|needed (?:on|for|to)"),
    ("loinc", r"\bloinc|\bsnomed|\brxnorm|\bhgnc"),
    ("infusion", r"\bfluid\b|\bdiluent|\bprepared?\b|infus(?:ed|ion) (?:time|rate|over|duration|length|last)|over how (?:long|many)|how long .{0,30}infus|infusion .{0,20}(?:minutes|hours|long)|\bobserv|\bdilut|\bsaline|\bdextrose|\bpush\b|\bbolus"),
    ("longest", r"max(?:imum|imal)? (?:treatment )?duration|how long .{0,30}(?:given|continued?|treat(?:ed|ment))|at most \d+ (?:months|doses)|up to \d+ (?:months|doses)|stopp?(?:ed)? after \d+|maximum number of (?:doses|cycles)"),
    ("publication", r"\bjournal|publication\b|published (?:in|where)|where .{0,30}published|\bdoi\b|\bpmid|pubmed|\bcitation for|full paper|reference for"),
    ("baseline", r"\b(?:share|proportion|portion|percent\w*|fraction)(?: of .{0,40})? (?:with|had|having|whose)\b|(?:what|which) (?:portion|proportion|share|percent\w*|fraction) (?:of .{0,40})?(?:had|with|were|was)\b|how many (?:percent )?(?:had|were|with)\b|% (?:had|with|were)\b|percent(?:age)? (?:of patients )?(?:with|had|were)\b|\bbaseline|median age|characteristics"),
    ("masking", r"open[- ]label|blinded|\bmask|double[- ]blind|placebo"),
    ("stratified", r"stratif"),
    ("crossover", r"^(?!.*\b(?:which|what) (?:single[- ]agent )?(?:chemo|drug|agent|regimen)).*(?:control|comparator|chemo\w*) (?:arm|group|patients|pts)?.{0,40}\b(?:get|receive|switch|move|given|offered|have access)\b|cross(?:ed|ing)?(?:[- ]?over| to\b)|\bswitch(?:ed|ing)?\b|go over to|change over|cross to"),
    ("design", r"\bdesign|\bdiffer(?:s|ed|ence|ences|ent)?\b|similarit|\bhow (?:was|is|were) (?:it|the trial|the study) (?:done|built|run|set up)"),
    ("status", r"\bstatus\b|\bongoing|\brecruiting|\bstill (?:running|open|enrol)|\bcompleted|\breported\b|has .* (?:read out|finished|started)|\bactive\b|results (?:yet|available)|in progress|under way|underway|running\b"),
    ("presenter", r"which doctor|who (?:showed|shows|gave(?! (?:us )?(?:the |any )?(?:info|detail|view|opinion|answer)))|\bspeaker\b|\btalk\b(?! about)|who (?:has |had )?(?:presented|presents|showed|reported|unveiled|delivered)|\bpresent(?:er|ed by|ation|ed)\b|\bpresenting\b|which (?:doctor|investigator|expert|speaker) present|by whom"),
    ("congress", r"\besmo\b|\bcongress|\bmeeting\b|\bconference|\basco\b (?:20|pres)|\bsabcs\b|\bpresented\b"),
    ("maturity", r"\bmatur|\bimmatur|\bnot reached\b|\bfinal analysis|\binterim"),
    ("subgroup", r"\bsubgroups?|\bsubsets?|\bexploratory|\bforest"),
    ("subsequent", r"\bafterwards?\b|went on to|later (?:got|received)|subsequent (?:therap|treat)|further (?:therap|treat)|next treatment|after (?:the )?(?:trial|study)|post[- ]?(?:progression|study)"),
    ("primary-endpoint", r"primary (?:end ?point|outcome)|main (?:end ?point|outcome)|co-?primary"),
    ("brca", r"\bg?brca|\bcarriers?\b|germ ?line|hereditary|inherited|\bmutation carrier"),
    ("pd-l1", r"\bpd[- ]?l ?1\b|\bcps ?\d*\b|\b22c3\b|\bsp142\b"),
    ("her2-low", r"her2[- ]?(?:ultra)?[- ]?low|\bultra ?low|her2 (?:ihc )?0|ihc"),
    ("immunotherapy", r"immuno[- ]?therapy|immune check|check ?point|\bio\b|\bici\b|pembro|pd-?1\b|anti-pd"),
    ("attrition", r"\blost (?:between|before|after|from)|(?:make|made|making|get|gets) it to (?:a |the )?(?:2nd|second|2l)|miss(?:ing|ed)? (?:out on )?(?:the |a |any )?(?:second|2nd|2l|next|further)|died? before (?:a |the |any )?(?:second|2nd|2l|next)|(?:can(?:no|')?t|cannot|unable to|able to) (?:reach|receive|get|have) .{0,14}(?:second|2nd|2l\b|next)|attrition|never (?:reach|get|receive)|second[- ]line (?:treat|therap)\w* (?:at all|ever)|make it to|(?:do|did|does|are|were)(?:n[o']t| not| unable)? (?:able )?(?:to )?(?:reach|receive|get|make it to|go on to) (?:a |the )?(?:second|2nd|next|subsequent|2l)|lost before|drop ?out|drop off|deteriorat|unable to receive|proportion .* second|(?:reach|survive) (?:to )?(?:a |the )?(?:second|2nd|2l)"),
    ("opinion", r"\bthink|\bopinion|\bview|\bsay|\bsaid|\bbeliev|\bfeel|\bstance|\bprefer|\bfavou?r|\bcomment|\bargue|\badvis|\baccording to|\bopine|\bpersonally|\bexpert|\bcomfortable"),
    ("advice", r"\brecommend|\badvis|\bshould\b|\bwould (?:you|she|he|they|dr|tolaney|cortes)|\bchoose|\bchoice|\bwhich (?:drug|treatment|adc|one|agent)|\bwhen (?:to|do|does|would|should)|\bsuggest|\bpreferred|\boption|\bgo for|\buse (?:first|before|after)|\bpick|\bguideline|\bconsider|\bappropriate|\bbest\b"),
    ("reason", r"\bwhy\b|what explains|\breason|\brationale|\bbecause\b|\bargument|\bhow come"),
    ("agreement", r"\bagree|\bdisagree|\bconsensus|\bsame (?:view|opinion)|\bdiffer\w* in opinion|\bboth (?:experts|doctors|speakers)"),
    ("standard", r"standard (?:of care|treatment)|\bsoc\b"),
    ("sequence", r"\bsequenc|\bafter (?:t-?dxd|trastuzumab|enhertu|another|an? |one |prior |first |dato|sg|saci|trodelvy|the first)|one after|\border\b|back[- ]to[- ]back|\bsecond (?:adc|conjugate)|(?:adc|conjugate)s?[- ](?:after|to|-to-|followed)|\bone (?:adc |conjugate )?after (?:another|the other)|\bfollowed by|\bfirst or\b|re-?challenge|\bpost[- ](?:t-?dxd|adc|enhertu)|progress\w* on (?:t-?dxd|enhertu|trastuzumab)"),
    ("volume", r"\bvolume|\bburden|\bbulky|visceral|low[- ]vol|high[- ]vol"),
    ("symptoms", r"\bsymptom|\basymptom"),
    ("testing", r"\bcentral(?:ly)? test|\btest(?:ed|ing)\b|\bassay"),
    ("evidence", r"\bevidence|\bdata\b|\bdatasets?|\bproof|\bstudies\b|how much (?:is )?known"),
    ("real-world", r"flatiron|sonabre|\bregistry\b|\bdatabase\b|\bseries of\b|retrospective series|chart review|real[- ]?(?:world|life)|\brwd\b|\brwe\b|routine (?:care|practice)|\bcohorts?\b|retrospective"),
    ("resistance", r"\bresist"),
    ("payload", r"\bpay ?loads?|\bwarhead|\bcytotoxic|\bsn-?38|\btopo|\bexatecan|\bcamptothecin|\bdxd payload|\btoxin\b"),
    ("linker", r"\blinkers?|\bcl2a\b|\bcleav|\btetrapeptide|\bhydroly"),
    ("target", r"\btargets?\b|directed (?:against|at)|\bantigen|what does .* bind|\baimed at"),
    ("antibody", r"\bantibod|\bmab\b|\bhumani[sz]ed|\bigg1"),
    ("dar", r"\bdars?\b|drug[- ]to[- ]antibody|drug antibody ratio|payloads? per"),
    ("bystander", r"by-?stander|neighbou?r"),
    ("mechanism", r"mechanism of action|\bmoa\b|\bhow (?:does|do) .* work|\bmode of action|\bmechanism|made of|composed|structur|what (?:is|are) .* (?:adc|drug|composed|made)"),
    ("class", r"\bclass\b|what (?:kind|type|sort) of (?:drug|agent|medicine)|\bwhat is (?:an? )?"),
    ("maker", r"\bmakers?\b|\bmanufactur|\bmakes\b|\bmade by|\bcompany|\bcompanies|\bsells?\b|\bdevelop(?:s|ed|er)|\bmarketed|\bproduc(?:es|ed|er)\b"),
    ("route", r"\broute|\boral(?:ly)?\b(?! (?:parp|poly|inhibitor|drug|agent|mucositis|stomatitis|chemo|sn))|\bpills?\b|\btablet|\bcapsule|\binfus|\biv\b|intraven|\bby mouth|how is .* (?:given|administered)|\bsubcut"),
    ("qol", r"quality[- ]of[- ]life|\bqol\b|\bhrqol|patient[- ]reported|\bwell-?being"),
    ("preference", r"patients? (?:would )?(?:prefer|rather|like)|\bpreference|convenien"),
    ("hair", r"\bhair|\balopeci|\bbald"),
    ("alopecia", r"\bhair|\balopeci"),
    ("prophylaxis", r"\bprophyla|\bg-?csf|\bfilgrastim|\bpegfil|growth[- ]factor|\bprevent|\bprimary prevention|\bneulasta"),
    ("schedule", r"\bschedul|\bhow often|\bwhich days?|\bwhat days?|\bdays? (?:1|8|one|eight)|\bwhen (?:is|does|do|are) .* (?:given|give)|\btiming|\bcycle|\bhow (?:does|do|is|should) .* (?:give|given|administer|dosed)|\bhow many days|dos(?:e|ing) frequency"),
    ("dose", r"\bdos(?:e|es|ing|age)\b|\bmg\b|\bmg/kg|\bhow much\b.*\b(?:give|given)"),
    ("dose-reduction", r"dose[- ](?:reduc|modif|level|lower|maint|adjust)|reduc\w* (?:the |in )?dose|maintain|keep (?:the )?(?:same )?dose|lower (?:the )?dose|without (?:dose )?reduc"),
    ("boxed-warning", r"\bbox(?:ed)?\b|black ?box|boxed"),
    ("risk-factors", r"\bwhich pts\b|\brisk factors?|\bhigh[- ]risk|increased risk|at risk|which patients|who (?:should|gets|needs|would)|\bfor whom"),
    ("febrile-neutropenia", r"febrile|\bfn\b|neutropenic fever|neutropenic sepsis"),
    ("neutropenia", r"neutrop|\bneutrophil|\banc\b|white (?:blood )?(?:cell|count)|\bblood counts?|low counts?"),
    ("diarrhoea", r"diarrh|\bloose stool|\bloperamide|\bimodium"),
    ("interstitial-lung-disease", r"\bild\b|pneumonitis|interstitial|\blungs?\b"),
    ("stomatitis", r"stomatitis|mucositis|mouth (?:sore|ulcer|wash|care|inflam)|(?:sore|painful|ulcers? in the) mouth|mouthwash|\boral care"),
    ("ocular-surface-event", r"ocular|\beyes?\b|keratitis|ophthalm|corneal|\bvision|\bdry eye"),
    ("nausea", r"nausea|emet|\bantiemetic|sickness"),
    ("vomiting", r"vomit|emet|\bantiemetic"),
    ("anaemia", r"an(?:a)?emia|ha?emoglobin|\bhb\b|\bhgb\b"),
    ("thrombocytopenia", r"thrombocyt|platelet"),
    ("leukopenia", r"leu[ck]openia"),
    ("fatigue", r"fatigue|tired"),
    ("infusion-reaction", r"infusion[- ](?:related )?reaction|hypersensitiv|anaphyla|allerg"),
    ("ugt1a1", r"\bugt ?1a1|\*28"),
    ("hepatic", r"\bhepat|\bast\b|\balt\b|transaminase|cirrhos|\bliver (?:func|impair|fail)|bilirubin|child-pugh"),
    ("renal", r"\brenal|kidney|creatinine|\bcr ?cl\b|\be?gfr\b(?! mut)|dialysis"),
    ("pregnancy", r"pregnan|contracep|breast-?feed|fertil"),
    ("interactions", r"(?:cyp ?3a4?|ugt ?1a1|p-?gp|bcrp|oatp\w*) (?:inhibit|induc)|\w+conazole|\w+thromycin|rifamp|ritonavir|st\.? john|warfarin|phenytoin|verapamil|amiodarone|carvedilol|grapefruit|\binteract|\bcyp3a|co-?medic|together with other (?:drug|med)"),
    ("heart", r"\bheart|\blvef|\bcardi|ejection"),
    ("monitoring", r"\bmonitor|\bchecks?\b|\bsurveil|\blabs?\b"),
    ("premedication", r"premed"),
    ("contraindication", r"contra-?indicat|must not|never be given"),
    ("management", r"\baction\b|what (?:now|then)|\bmanag|\bhandle|\bwhat to do|\bdeal with|\btreat(?:ing|ed|ment of)? (?:the )?(?:neutrop|diarr|nausea|ild|pneumon|stomat|side)"),
    ("discontinuation-for-adverse-event", r"c[ao]me off|taken off|discontinu|\bstop(?:ped|ping)? (?:treat|ther|because|for|due)"),
    ("dose-reduction-for-adverse-event", r"dose reductions?"),
    ("serious-adverse-event", r"serious (?:adverse|ae)|\bsaes?\b"),
    ("fatal-adverse-event", r"fatal|died (?:of|from) (?:side|adverse|treat)|toxic death|\bdeaths?\b|treatment[- ]related (?:death|mortal)"),
    ("treatment-related-death", r"toxic death|\bdeaths?\b|treatment[- ]related (?:death|mortal)"),
    ("any-adverse-event", r"\badverse (?:event|effect|reaction)s?\b|\baes?\b|\btraes?\b|\bteaes?\b"),
    ("harm", r"adverse event|side[- ]effects?|\badverse|\btoxicit|\bsafety|\btolerab|\baes?\b|\btraes?\b|\bharm|\bgrade ?[≥>3-5]|\brates? of (?:any|grade|neut|diar|febr|stom)"),
    ("grade-3", r"grade ?(?:≥ ?|>= ?|> ?)?(?:3|three)|\bg3|severe"),
    ("approval", r"\bapprov|\blicen[cs]ed|\bindicated|\bindication|(?<!open[- ])\blabel\b|\bfda\b|\bema\b|\bchmp\b|\bnmpa\b|\bauthori[sz]|regulat|\bon the market|\bavailable in"),
    ("indication", r"\bindicat|\blabel"),
    ("forecast", r"\bfuture|\bforecast|\bpredict|\bexpect|\bsoon\b|\boutlook|\bprospects?|\bpromising|\bpipeline|\bnext few"),
    ("combination", r"\bcombin|\bplus\b|\btogether with|\bwith or without"),
    ("practice", r"\bpractice|\bin (?:her|his) (?:own )?(?:clinic|practice)|\busually|\btypically|\broutinely"),
    ("title", r"\btitle\b|\bname of (?:this|the) (?:activity|programme|program|page|article|commentary)|what is this (?:activity|page|article|commentary)|\bactivity (?:called|about)"),
    ("series", r"(?:this|which|what|the|activity|faq) series\b(?! trial| study)|programme label"),
    ("released", r"\breleas|\bpublished\b|\bposted|when (?:was|did) (?:this|the) (?:activity|page|article|commentary|content)|\bhow old\b|\bdate\b|\bissued\b"),
    ("expires", r"\bexpir|\bvalid until"),
    ("provider", r"\bprovid(?:er|ed by|es|ers)|\bwho (?:made|produced|runs|provides|publishes|created)|\bpublish(?:er|ed by)|\bdecera|clinical care options|\bcco\b"),
    ("supporter", r"\bsupporters?\b|supported by|who (?:has )?support|support(?:s|ed)? (?:this|the (?:activity|page|commentary|programme|program))|(?:activity|page|commentary|this) supported|relation(?:ship)? (?:between|of|to) .*(?:page|activity)|\bfund(?:ed|s|ing|er)?\b|\bsponsor|\bgrants?\b|\bpaid for|\bpays\b|\bfinanc|\bmoney"),
    ("audience", r"\baudience|\bintended for|\bwho is (?:this|the) (?:activity|page|for)|\bmeant for|\baimed at|\bfor whom is (?:this|the) (?:activity|page)"),
    ("objectives", r"\bobjectives?\b|\blearning (?:goal|aim|outcome)|\baims? of (?:this|the) activity"),
    ("author", r"names? of (?:the |both |two |2 )*(?:experts?|speakers?|authors?|doctors?|oncologists?)|who (?:are|is) (?:the )?(?:two |2 )?(?:experts?|speakers?|authors?|faculty|doctors?|oncologists?)|which experts|(?:experts?|doctors?|oncologists?) (?:are |is |was |were )?(?:took part|taking part|featured|involved|participat)|\bauthors?\b|\bfaculty|\bwho (?:wrote|are the experts|is (?:dr )?|answers|speaks|are)|\bcontributor|\bspeakers?\b"),
    ("credentials", r"\bcredential|\bdegrees?\b|\bqualification"),
    ("disclosure", r"\bdisclos|\bconflicts? of interest|\bcoi\b|\bties\b|\bhonorari|\bconsult(?:ant|s|ing|ancy|ed)|\badvis(?:er|or)\b|\bpatents?|\bstocks?\b|\bshares\b|\bfinancial|\brelationship|\broyalt|\bresearch (?:fund|paid|support)"),
    ("disclosure-consultant-or-adviser", r"\bconsult|\badvis(?:er|or)"),
    ("disclosure-honoraria", r"\bhonorari"),
    ("disclosure-research-paid-to-institution", r"\bresearch"),
    ("disclosure-shares-or-options", r"\bstocks?\b|\bshares\b|\bequity|\boptions? in\b"),
    ("disclosure-other-support", r"other (?:financial|material|support)|material support"),
    ("disclosure-royalties-or-patents", r"\bpatent|\broyalt"),
    ("takeaway", r"take-?aways?|\bkey (?:points?|messages?)|\bmain (?:points?|messages?)|\bsummar(?!i[sz]e (?:whether|what|how|if|why|which|dr|doctor|prof))|\bbottom line|\btl;?dr"),
    ("questions", r"which questions|what questions|questions (?:does|do|did|were|are|answered|asked|addressed)|\bfaqs?\b|topics|\b(?:first|second|third|fourth|last|final|opening) question\b|\bquestion (?:[1-4]|one|two|three|four)\b|\bq[1-4]\b"),
    ("webinar", r"questions? .{0,50}\bc[ao]me from|who (?:had )?(?:posed|submitted|raised)|who asked (?:the|these|those)|(?:posed|asked|submitted|raised) by (?:whom|who)\b|\bwebinar|\bevent\b|where did the questions|audience questions|live session"),
    ("poll", r"\bpoll\b|\bvote"),
    ("credit", r"\bcredits?\b|\bcme\b|\baccredit|\bcertificate"),
    ("abstract", r"\babstract\b|\bwhat is (?:this|the) (?:activity|page|commentary) about|\babout this (?:activity|page)"),
    ("tnbc", r"triple[- ]neg|\bm?tnbc\b"),
    ("hr-positive", r"hormone[- ]receptor[- ]pos|\bhr ?\+|\bhr[- ]pos|\ber ?\+|\ber[- ]pos|luminal"),
    ("cost", r"\bcosts?\b|\bprices?\b|\bpriced?|reimburs|\bqaly|\bafford|\binsurance|\bcheap|\bexpensive"),
    ("brain", r"\bbrain|\bcns\b|leptomening|intracranial"),
    ("storage", r"shelf[- ]life|\bstorage|\bstored? (?:at|in)|reconstitut|\bvials?\b|\bfridge"),
    ("early-disease", r"\b(?:neo)?adjuvant|early[- ](?:stage|breast|tnbc|disease)|residual disease"),
    ("expression", r"trop-?2 (?:expression|level|status|high|low|ihc)|\bexpression\b|h-score"),
    ("ctdna", r"\bct ?dna|liquid biops"),
    ("elderly", r"\belderly|\bgeriatric|over (?:65|70|75)|\bage groups?|\b65\b|\bolder"),
    ("race", r"\brace\b|\bethnic|\bblack\b|\basian|\bhispanic"),
    ("male", r"\bmale\b|\bmen\b(?! and women)"),
    ("radiotherapy", r"radiotherap|\bradiation"),
    ("surgery", r"\bsurger|\bsurgical|mastectom"),
    ("cut-off", r"(?:cut-?off|threshold|definition|define[sd]?)\b.{0,40}\b(?:volume|older|burden|symptom|age)"),
    ("colitis", r"\bcolitis"),
    ("ultralow", r"ultra[- ]?low"),
    ("palb2", r"\bpalb2"),
    ("pik3ca", r"\bpik3ca|\besr1|\bakt1|\bpten"),
    ("biosimilar", r"biosimilar"),
    ("half-life", r"half[- ]life|pharmacokinet|(?<!creatinine )\bclearance of\b|\bcmax"),
    ("headache", r"\bheadache|\brash\b|\bconstipat|neuropath|\bweight (?:gain|loss)|\binsomnia"),
    ("ild-deaths", r"ild deaths?|fatal (?:ild|pneumonitis)|deaths? (?:from|due to|of) (?:ild|pneumonitis|interstitial)|\(ild\), grade 5|interstitial lung disease of grade 5|lung disease in .* fatal in"),
    ("patient-numbers", r"(?:done|run|conducted|carried out|performed|took place|enrolled) .{0,16}\bin (?:europe|china|asia|africa|america|the us|japan|india)|where was .{0,30}(?:done|run|conducted)|\brun in \w+|mainland|south korea|\bcountries\b|\bsites?\b(?! of)|\bcent(?:re|er)s\b"),
    ("enrolment-dates", r"planned (?:end|completion)|; started \d{4}|started (?:on )?\d{4}|(?:first|last) patient|when did .* (?:start|begin|open|enrol)|start date|completion date|expected to (?:report|read|finish|complete)|when will"),
    ("conflict", r"\bsources (?:differ|disagree)|\bdiscrepan"),
    ("g-csf-use", r"(?:how many|proportion|share|rate|percent\w*) (?:patients |pts |of )?.{0,30}(?:receiv|had|got|given|were on|used?).{0,20}(?:g-?csf|growth factor)|g-?csf use"),
)  # fmt: skip

TOPICS = frozenset(
    """cost brain storage early-disease expression ctdna elderly race male radiotherapy surgery colitis
    ultralow cut-off palb2 pik3ca biosimilar half-life headache ild-deaths patient-numbers enrolment-dates""".split()
)
"""Subjects that count as told only where the words of a statement tell of them."""

_COMPILED = tuple((name, re.compile(pattern)) for name, pattern in _FACETS)

STOP = frozenset(
    """a an the of in on at to for with by from and or but is are was were be been being do does did
    has have had can could would should will shall may might must it its this that these those there
    what which who whom whose when where why how if than then as not no yes so such any some all each
    me my we our us you your i they them their he she his her about into over under after before
    between during through per vs versus v please tell give show know say says said explain describe
    study trial trials studies patients patient pts people drug drugs cancer breast disease there's
    what's dr doctor page activity according also just really get got both one two use used using
    s t d m re ll ve treatment therapy""".split()
)

_PLAIN = {  # curly quotes and the many hyphens, by their code points
    **dict.fromkeys(map(chr, (0x2018, 0x2019)), "'"),
    **dict.fromkeys(map(chr, (0x201C, 0x201D)), '"'),
    **dict.fromkeys(map(chr, (0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2212)), "-"),
}
_BRITISH = (
    ("randomiz", "randomis"), ("tumor", "tumour"), ("diarrhea", "diarrhoea"),
    ("anemia", "anaemia"), ("humaniz", "humanis"), ("leukopenia", "leukopenia"),
    ("favor", "favour"), ("estrogen", "oestrogen"), ("hydrolyz", "hydrolys"),
)  # fmt: skip


@lru_cache(maxsize=32768)
def plain(text: str) -> str:
    """Lower case, plain hyphens and quotes, single spaces, British spelling."""
    text = unicodedata.normalize("NFKC", text)
    for odd, even in _PLAIN.items():
        text = text.replace(odd, even)
    text = re.sub(r"\s+", " ", text).strip().lower()
    for american, british in _BRITISH:
        text = text.replace(american, british) if british not in text else text
    return text


_SOME: dict[frozenset[str], tuple[tuple[str, re.Pattern[str]], ...]] = {}


def facets_among(text: str, wanted: frozenset[str]) -> frozenset[str]:
    """Those of some facets that a text tells of."""
    patterns = _SOME.setdefault(wanted, tuple(row for row in _COMPILED if row[0] in wanted))
    lowered = plain(text)
    return frozenset(name for name, pattern in patterns if pattern.search(lowered))


@lru_cache(maxsize=8192)
def facets_of(text: str, *, every: bool = False) -> tuple[str, ...]:
    """What is asked or told, in the order of the list.

    With ``every`` the wider subject is kept where a narrower one is named too.

    >>> facets_of("Was crossover allowed?")
    ('crossover',)
    """
    lowered = plain(text)
    found = tuple(name for name, pattern in _COMPILED if pattern.search(lowered))
    if every:
        return found
    if "approval" in found and _CARE & set(found) and not _APPROVED.search(lowered):
        found = tuple(f for f in found if f not in ("approval", "indication"))
    return tuple(f for f in found if not _WIDER.get(f, _NONE) & set(found))


_APPROVED = re.compile(
    r"approv|licen[cs]|authori|\bfda\b|\bema\b|\bnmpa\b|\bchmp\b|indicat|regulat"
)
_CARE = frozenset(
    """premedication dose dose-reduction management infusion gate renal hepatic pregnancy interactions contraindication
    boxed-warning prophylaxis monitoring schedule stomatitis neutropenia febrile-neutropenia diarrhoea nausea
    interstitial-lung-disease ocular-surface-event anaemia heart interchange""".split()
)
"""Of these a label is asked as a document, not as an approval."""
_NONE: frozenset[str] = frozenset()
_WIDER = {
    "dose": frozenset({"dose-reduction", "pregnancy"}),
    "neutropenia": frozenset({"febrile-neutropenia"}),
    "n": frozenset(
        """g-csf-use attrition crossover subsequent neutropenia febrile-neutropenia diarrhoea nausea vomiting anaemia
        stomatitis interstitial-lung-disease ocular-surface-event alopecia fatigue serious-adverse-event baseline
        discontinuation-for-adverse-event fatal-adverse-event any-adverse-event orr""".split()
    ),
    "patient-numbers": frozenset({"approval"}),
    "pfs": frozenset({"pfs2"}),
    "orr": frozenset({"dor", "ttr"}),
}
"""A facet that is not meant where a narrower one is named."""


def tokens(text: str) -> tuple[str, ...]:
    """Words and numbers; leading zeros do not count, so that `02` and `2` are one."""
    return tuple(
        token.lstrip("0") or "0" if token.isdigit() else token
        for token in re.findall(r"[^\W\d_]+|\d+(?:\.\d+)?", plain(text))
    )


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """A crude stem, the same on both sides."""
    for end in ("ations", "ation", "ings", "ing", "edly", "ies", "ed", "es", "ly", "s"):
        if word.endswith(end) and len(word) - len(end) >= 4:
            return word[: -len(end)]
    return word


_ONE = {
    other: one
    for one, others in {
        "haemoglobin": "hb hgb",
        "threshold": "cutoff cut cut-off limit limits minimum below under",
        "stomatitis": "mucositi mucositis mouth oral",
        "ild": "pneumoniti pneumonitis interstitial",
        "kidney": "renal",
        "liver": "hepatic",
        "steroid": "corticosteroid corticosteroids glucocorticoid prednisolone prednisone dexamethasone",
        "mouthwash": "rinse swish",
        "saline": "sodium chloride nacl",
        "dextrose": "glucose",
        "observ": "observation observe watch watched",
        "stop": "discontinu discontinue discontinuation permanent permanently stopp quit",
        "hold": "withhold withheld interrupt pause held",
        "lower": "lowered reduction reduce reduc decrease",
        "older": "elderly old geriatric 65",
        "hair": "alopecia bald",
        "dead": "death deaths died die dying fatal mortality lethal",
        "neutrophil": "anc neutrophils neutropenic neutropenia",
        "platelet": "thrombocytopenia thrombocyte plt",
        "fever": "febrile pyrexia",
        "diarrhoea": "diarrhoeal",
        "clearance": "crcl gfr egfr",
        "woman": "women female females",
        "man": "men male males",
        "antiemetic": "antiemetics emetic emetogenic emesis",
        "acetaminophen": "paracetamol",
        "antihistamine": "diphenhydramine",
        "heart": "lvef cardiac ejection",
        "brain": "cns cerebral",
        "lens": "lenses",
        "dutch": "netherlands holland",
        "german": "germany",
        "italian": "italy",
        "french": "france",
        "portuguese": "portugal",
        "chinese": "china",
        "marrow": "mds aml myelodysplastic leukaemia leukemia",
        "iv": "intravenous intravenously",
        "report": "tell",
        "breathless": "breathlessness dyspnoea dyspnea",
        "contraception": "contraceptive contracept",
        "breastfeed": "breastfeeding lactation",
        "pregnant": "pregnancy",
        "inhibitor": "inhibitors",
        "examination": "exam exams eye-exam",
        "swap": "switch",
        "choice": "choose select selection",
        "easy": "simple straightforward uncomplicated complicated complex difficult hard",
        "upfront": "frontline",
        "second": "2nd",
        "third": "3rd",
        "first": "1st",
    }.items()
    for other in others.split()
}
"""Words that mean the same in this field, for looking up; to the first of each row."""


_ALLELES = {"1": "x", "6": "y", "28": "z"}
_LINES = {"1": "first line", "2": "second line", "3": "third line"}


def content(text: str) -> tuple[str, ...]:
    """The stems of the words that carry meaning, words of one meaning as one."""
    found = []
    lowered = re.sub(r"\bdfi\b", "disease-free interval", plain(text))
    if "28" in lowered or "zyg" in lowered or "metaboli" in lowered:
        text = _genotypes(lowered)
    else:
        text = lowered
    for token in tokens(re.sub(r"\b([123])l\b", lambda m: _LINES[m[1]], text)):
        if token not in STOP:
            root = stem(token)
            found.append(stem(_ONE.get(token) or _ONE.get(root) or token))
    return tuple(found)


def _genotypes(text: str) -> str:
    """A text with the UGT1A1 genotypes as words of their own."""
    text = re.sub(
        r"\*?\b(1|6|28) ?/ ?\*?(1|6|28)\b",
        lambda m: f"genotype{_ALLELES[m[1]]}{_ALLELES[m[2]]}",
        text,
    )
    text = re.sub(r"homozyg\w*(?: for)?(?: \*?28)?|poor metaboli[sz]\w+", "genotypezz", text)
    text = re.sub(r"heterozyg\w*(?: for)?(?: \*?28)?", "genotypexz", text)
    return text


@lru_cache(maxsize=32768)
def numbers(text: str) -> tuple[str, ...]:
    """The numbers of a text that are figures, without those inside names."""
    cleaned = re.sub(
        r"\b(?:cps ?[<>=≥≤]* ?\d+(?: ?(?:-|to) ?\d+)?\b|nct ?\d+|[a-z]+-?[a-z]*-?0\d{1,2}\b|her2|brca ?[12]?(?:/2)?|pd-?l?-?1|cd\d+|trop-?2|"
        r"topoisomerase [1i]+|sn-?38|cl2a|ugt1a1|esmo (?:congress )?20\d\d|tbcrc[- ]?0?64|"
        r"[a-z]{3,}-?(?:breast|dxd)?-?\d{2,3}\b|cyp3a\d?|95 ?% ?ci|pfs ?2|g-?csf)",
        " ",
        plain(text),
    )
    found = re.findall(r"(?<![\w.])\d+(?:[.,]\d+)?", cleaned)
    return tuple(f"{float(n.replace(',', '.')):g}" for n in found)


def close(one: str, other: str, most: int) -> bool:
    """Whether two words are within ``most`` slips: a letter more, less, other, or two swapped."""
    if abs(len(one) - len(other)) > most:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row = row, [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return False
        before = last
    return row[-1] <= most
