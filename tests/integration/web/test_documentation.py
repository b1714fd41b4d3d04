"""The documentation: complete, true, and readable without any other server."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest

from safety_detector.documents.document import Document


@pytest.fixture
def document(client: httpx2.Client) -> dict[str, Any]:
    """The OpenAPI document."""
    return dict(client.get("/openapi.json").json())


def _references(node: object) -> set[str]:
    if isinstance(node, dict):
        own = {str(node["$ref"])} if "$ref" in node else set()
        return own.union(*(_references(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(_references(value) for value in node))
    return set()


def test_document_is_openapi_3_1_and_complete(document: dict[str, Any]) -> None:
    """The document names its version, and everything that it refers to is in it."""
    assert document["openapi"].startswith("3.1")
    for reference in _references(document):
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    """Each operation has a summary, a description, its good answer and problems for the rest."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)
            responses = operation["responses"]
            assert any(code.startswith("2") for code in responses), (method, path)
            assert "application/problem+json" in responses["default"]["content"], (method, path)


def test_keys_are_documented(document: dict[str, Any]) -> None:
    """Routes under /v1 name all ways to show a key."""
    assert set(document["components"]["securitySchemes"]) == {"bearer", "apiKey", "basic"}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert bool(operation.get("security")) == (path.startswith("/v1") or path == "/metrics")


def _shown_documents(document: dict[str, Any]) -> list[type[Document]]:
    classes = [Document]
    for one in classes:
        classes += one.__subclasses__()
    return [one for one in classes if one.__name__ in document["components"]["schemas"]]


def test_every_field_of_every_answer_is_described(document: dict[str, Any]) -> None:
    """With what it means, and an example of the whole, unabridged, that is such an answer."""
    shown = _shown_documents(document)
    assert len(shown) > 30
    for one in shown:
        schema = document["components"]["schemas"][one.__name__]
        undescribed = [
            name for name, told in schema["properties"].items() if not told.get("description")
        ]
        assert undescribed == [], one.__name__
        (example,) = schema["examples"]
        assert example == one.read(example).as_json() == one.example()
        assert set(schema["required"]) <= set(example)


def test_what_a_body_has_to_be_is_described(document: dict[str, Any]) -> None:
    """Each JSON body is a model of its own with an example, that its own route takes."""
    bodies = {
        path: operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    assert {one.rpartition("/")[2] for one in bodies.values()} == {
        "ActBody",
        "AlertRuleBody",
        "MaskAcceptance",
        "PermitBody",
        "CameraBody",
        "ChannelBody",
        "ChannelChangeBody",
        "CorrectionBody",
        "DeviceBody",
        "FolderSubmission",
        "HoldBody",
        "IncidentBody",
        "NewCamera",
        "ReportBody",
        "RequeueBody",
        "TrialBody",
        "UrlSubmission",
    }


def test_the_bare_address_is_a_page(client: httpx2.Client) -> None:
    """What ``serve`` prints can be typed into a browser."""
    assert client.get("/").headers["Content-Type"].startswith("text/html")


def test_docs_need_no_other_server(client: httpx2.Client) -> None:
    """The page and all that it loads come from this service."""
    page = client.get("/docs")
    assert page.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(addresses) == 3
    for address in addresses:
        assert "//" not in address
        loaded = client.get(f"/{address}")
        assert loaded.status_code == 200
        assert loaded.headers["Content-Type"].split(";")[0] in ("text/css", "text/javascript")
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "http" not in policy
