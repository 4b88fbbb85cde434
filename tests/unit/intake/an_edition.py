"""The vocabulary of the bundled edition, read plainly, so that intake is tested by itself."""

from functools import cache
from pathlib import Path
from types import SimpleNamespace

import msgspec
import yaml

from consilium.knowledge.records import Drug, FactRecord

VOCABULARY = Path(__file__).resolve().parents[3] / "knowledge" / "vocabulary"
_OF_A_FACT = set(FactRecord.__struct_fields__) - {"definition", "because", "codes"}
_OF_A_DRUG = set(Drug.__struct_fields__) - {"because", "codes"}


@cache
def an_edition() -> SimpleNamespace:
    """Facts, drugs and classes of the bundled edition, without what intake does not look at."""
    facts = [_record(one, _OF_A_FACT, FactRecord) for one in _file("facts")["facts"]]
    drugs = [_record(one, _OF_A_DRUG, Drug) for one in _file("drugs")]
    return SimpleNamespace(
        facts={fact.id: fact for fact in facts},
        drugs={drug.id: drug for drug in drugs},
        classes={one["id"]: one for one in _file("classes")},
    )


def _record(written, fields, kind):
    kept = {key: value for key, value in written.items() if key in fields}
    kept["codes"] = [
        {key: value for key, value in code.items() if key not in ("because", "note")}
        for code in written.get("codes", ())
    ]
    return msgspec.convert(kept, kind, strict=False)


def _file(name):
    text = (VOCABULARY / f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.BaseLoader)
