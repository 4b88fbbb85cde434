"""Names by which one record of an edition points at another.

The annotation tells the loader which kind of thing an id must lead to; an id
that leads nowhere stops the load.
"""

from typing import Annotated, NamedTuple


class Ref(NamedTuple):
    """The kind of record that an id names."""

    kind: str


class Bedside(NamedTuple):
    """Marks a condition on one dose or event, not on the patient."""

    about: str = "dose or event"


SourceId = Annotated[str, Ref("source")]
FactId = Annotated[str, Ref("fact")]
DrugId = Annotated[str, Ref("drug")]
ClassId = Annotated[str, Ref("class")]
RegimenId = Annotated[str, Ref("regimen")]
TherapyId = Annotated[str, Ref("drug or regimen")]
SpeakerId = Annotated[str, Ref("speaker")]
PositionId = Annotated[str, Ref("position")]
ApprovalId = Annotated[str, Ref("approval")]
ResultId = Annotated[str, Ref("result")]
TrialId = Annotated[str, Ref("trial")]
EndpointId = Annotated[str, Ref("endpoint")]
AdverseEventId = Annotated[str, Ref("adverse event")]
HarmId = Annotated[str, Ref("harm")]
NotVerifiedId = Annotated[str, Ref("not verified")]
CareRuleId = Annotated[str, Ref("care rule")]
TurnId = Annotated[str, Ref("turn")]
ObjectiveId = Annotated[str, Ref("objective")]
PollId = Annotated[str, Ref("poll")]
