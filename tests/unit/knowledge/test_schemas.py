"""The generated JSON Schemas accept what the loader accepts, as an editor reads it."""

import re

import pytest
import yaml
from tests.support.builders import TINY, the_edition

from consilium.knowledge.edition import bundled_root
from consilium.knowledge.files import CASES, KINDS, files_of
from consilium.knowledge.schemas import file_schemas

SCHEMAS = file_schemas(tuple(the_edition().facts))
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
}


class EditorLoader(yaml.SafeLoader):
    """YAML 1.2, as editors have it: `yes` is text, dates are text, `1` and `true` are not."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  as the library declares it


for tag, form, first in (
    ("bool", r"true|false", "tf"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?", "-+0123456789"),
    ("null", r"~|null|", ["~", "n", ""]),
):
    EditorLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{form})$"), list(first)
    )


def problems(value, schema, root, at="") -> list[str]:
    """What a value has against a schema; just the words that the generated ones use."""
    if "$ref" in schema:
        return problems(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, at)
    if "anyOf" in schema:
        tried = [problems(value, option, root, at) for option in schema["anyOf"]]
        return [] if [] in tried else min(tried, key=len)
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at}: {value!r} is none of {schema['enum']}")
    kinds = schema.get("type", list(TYPES))
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not any(isinstance(value, TYPES[kind]) for kind in kinds) and value is not None:
        return [f"{at}: {value!r} is not {kinds}"]
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        found.append(f"{at}: {value!r} does not look like {schema['pattern']}")
    if isinstance(value, list):
        parts = schema.get("prefixItems", []) + [schema.get("items", {})] * len(value)
        for index, (part, kind) in enumerate(zip(value, parts, strict=False)):
            found += problems(part, kind, root, f"{at}/{index}") if kind is not False else ["long"]
        if len(value) < schema.get("minItems", 0):
            found.append(f"{at}: too short")
    if isinstance(value, dict):
        found += [f"{at}: no {key}" for key in schema.get("required", ()) if key not in value]
        others = schema.get("additionalProperties", True)
        for key, part in value.items():
            kind = schema.get("properties", {}).get(str(key), others)
            if kind is False:
                found.append(f"{at}: {key} is no key")
            elif kind is not True:
                found += problems(part, kind, root, f"{at}/{key}")
    return found


def schema_name(kind) -> str:
    return "edition" if kind.field == "info" else kind.field


@pytest.mark.parametrize("kind", [*KINDS, CASES], ids=schema_name)
def test_every_bundled_file_fits_its_schema(kind):
    schema = SCHEMAS[schema_name(kind)]
    found = [
        f"{path.name}{problem}"
        for path in files_of(bundled_root(), kind)
        for problem in problems(yaml.load(path.read_bytes(), EditorLoader), schema, schema)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("name", "field", "old", "new", "expected"),
    [
        ("positions/first-line.yaml", "positions", "stance:", "stanze:", "stanze is no key"),
        ("positions/first-line.yaml", "positions", "recommends", "likes", "'likes' is none of"),
        ("positions/first-line.yaml", "positions", "  who: an-expert\n", "", "no who"),
        ("positions/first-line.yaml", "positions", "2026-01-20", "soon", "does not look like"),
        ("positions/first-line.yaml", "positions", "[example-drug]", "5", "is not ['array']"),
        ("positions/first-line.yaml", "positions", "{subtype:", "{subtpye:", "subtpye is no key"),
        ("regimens/example-drug.yaml", "regimens", "[1, 8]", "[one]", "is not ['integer']"),
    ],
)
def test_a_mistake_does_not_fit(name, field, old, new, expected):
    schema = SCHEMAS[field]
    assert problems(yaml.load(TINY[name], EditorLoader), schema, schema) == []
    written = yaml.load(TINY[name].replace(old, new), EditorLoader)
    found = problems(written, schema, schema)
    assert expected in "\n".join(found)


@pytest.mark.parametrize("kind", [*KINDS, CASES], ids=schema_name)
def test_every_reference_inside_a_schema_leads_somewhere(kind):
    schema = SCHEMAS[schema_name(kind)]
    named = set(re.findall(r"'\$ref': '#/\$defs/(\w+)'", str(schema)))
    assert named <= set(schema["$defs"])
