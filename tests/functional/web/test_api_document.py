"""The OpenAPI document holds: what it allows is answered, what it forbids is refused, as it says."""

from __future__ import annotations

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode

from consilium.web.api.schemas import RECORDS
from consilium.web.api.views import api

load_all_checks()
TRIED = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def _connection_of_the_test():
    """Requests here go past Django's own client, which keeps the connection of a test open."""
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def the_document() -> dict:
    return json.loads(json.dumps(api.get_openapi_schema()))


def the_schema():
    from django.core.wsgi import get_wsgi_application

    schema = schemathesis.openapi.from_dict(the_document())
    schema.app = get_wsgi_application()
    return schema


def test_the_document_is_valid_openapi_3_1():
    document = the_document()
    assert document["openapi"].startswith("3.1")
    the_schema().validate()


def test_every_operation_names_its_refusals_as_problem_documents():
    for path, methods in the_document()["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            wanted = {"200", "500"} | (
                {"400", "413", "415", "422", "429"} if method == "post" else set()
            )
            assert wanted <= set(answers), (method, path)
            assert operation["summary"] and operation["description"]
            for status, answer in answers.items():
                assert answer["description"]
                (kind,) = answer["content"]
                assert kind == (
                    "application/json" if status == "200" else "application/problem+json"
                )
                assert answer["content"][kind]["schema"], (path, status)


def test_each_kind_of_record_has_its_own_shape():
    paths = the_document()["paths"]
    said = {
        kind: paths[f"/api/v1/evidence/{kind}/{{name}}"]["get"]["responses"]["200"]["content"][
            "application/json"
        ]["schema"]["$ref"]
        for kind in RECORDS
    }
    assert len(set(said.values())) == len(RECORDS)


@pytest.mark.django_db
def test_every_record_has_the_shape_that_the_document_gives_its_kind(client):
    """All of them: the shape is that of the values which the pages are made from."""
    import jsonschema_rs

    document = the_document()
    for kind in RECORDS:
        shape = {
            "$ref": f"#/components/schemas/Record.{kind}",
            "components": document["components"],
        }
        valid = jsonschema_rs.validator_for(shape)
        assert not valid.is_valid({"id": "x"})
        for name in client.get(f"/api/v1/evidence/{kind}").json()["ids"]:
            valid.validate(client.get(f"/api/v1/evidence/{kind}/{name}").json())


def operations() -> list[str]:
    return [
        found.ok().label
        for found in schemathesis.openapi.from_dict(the_document()).get_all_operations()
    ]


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("label", operations())
def test_what_the_document_allows_is_answered_and_what_it_forbids_is_refused(label):
    """Every check of schemathesis, on requests of the document and on requests bent out of it."""
    assert "positive_data_acceptance" in {check.__name__ for check in CHECKS.get_all()}
    operation = next(
        found for o in the_schema().get_all_operations() if (found := o.ok()).label == label
    )
    taken = operation.body or operation.query
    modes = [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if taken else [])]
    tried = 0
    for mode in modes:

        @TRIED
        @given(case=operation.as_strategy(generation_mode=mode))
        def try_(case):
            nonlocal tried
            tried += 1
            case.validate_response(case.call(base_url="http://localhost"))

        try_()
    assert tried > 0
