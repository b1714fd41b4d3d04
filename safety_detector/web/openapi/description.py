"""What the OpenAPI document says beyond the routes' signatures: problems, files, JSON bodies."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from safety_detector.documents.document import Document
from safety_detector.web.access.authentication import SECURITY_SCHEMES
from safety_detector.web.bodies.json_bodies import JsonBody
from safety_detector.web.problems.documents import ProblemDocument
from safety_detector.web.problems.problem import MEDIA_TYPE

Responses: TypeAlias = dict[int | str, dict[str, Any]]


def schema_of(*models: type[BaseModel]) -> dict[str, Any]:
    """The schema of a body or answer that a route's signature does not tell."""
    refs = [{"$ref": f"#/components/schemas/{model.__name__}"} for model in models]
    return refs[0] if len(refs) == 1 else {"anyOf": refs}


def problem(description: str) -> dict[str, Any]:
    """An answer that says what went wrong."""
    content = {MEDIA_TYPE: {"schema": schema_of(ProblemDocument)}}
    return {"description": description, "content": content}


def binary(description: str, *media_types: str) -> dict[str, Any]:
    """An answer that is a file."""
    return {"description": description, "content": {one: {"schema": {}} for one in media_types}}


def located(description: str) -> dict[str, Any]:
    """An answer that says where the new thing is."""
    return {"description": description, "headers": {"Location": {"schema": {"type": "string"}}}}


EVERYWHERE: Responses = {"default": problem("Any other error")}
"""Answers of every route."""

KEYED: Responses = {
    401: problem("No valid API key"),
    403: problem("The key may not do this"),
    422: problem("A parameter, field or the picture is refused; `code` says which"),
    503: problem("Database or storage cannot be reached; Retry-After says when to come back"),
}
"""Of every route that needs a key."""

ONE: Responses = {**KEYED, 404: problem("There is no such record")}
"""Of a route about one record."""

INSPECTION: Responses = {**ONE, 410: problem("A replaced frame, or a purged picture")}
"""Of a route about one inspection."""

BODY: Responses = {
    400: problem("The body is broken"),
    413: problem("More bytes, pixels or files than `limit`"),
    415: problem("Another media type"),
    507: problem("Too little room on the disk; `detail` says what the operator does"),
}
"""Of a route that takes a body."""

NOT_READY: Responses = {409: problem("Not there yet; `detail` says why")}

UNCHANGED: Responses = {304: {"description": "The client has it already"}}


def install_schemas(
    app: FastAPI, routers: Sequence[APIRouter], models: Sequence[type[BaseModel]]
) -> None:
    """Makes the app's OpenAPI document say what FastAPI cannot see.

    Args:
        app: with all its routes.
        routers: those that it includes.
        models: of bodies and answers that no route's signature names.
    """
    original = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = original()
            bodies = _add_bodies(routers, document["paths"])
            components = document.setdefault("components", {})
            _add_security(document["paths"], components)
            schemas = components.setdefault("schemas", {})
            schemas.update(_schemas((*models, *bodies, ProblemDocument)))
            # FastAPI would leave out their nulls.
            for document_class in _all_documents(Document):
                if document_class.__name__ in schemas:
                    schemas[document_class.__name__]["examples"] = [document_class.example()]
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way


def parameters_of(place: Literal["query", "header"], model: type[BaseModel]) -> list[Any]:
    """The parameters of a route that reads them itself, from a model of them.

    What FastAPI does for a signature costs more time than all else in accepting a picture.
    """
    schema = model.model_json_schema()
    return [
        {
            "name": name,
            "in": place,
            "required": False,
            "description": told["description"],
            "schema": {key: part for key, part in told.items() if key != "default"},
        }
        for name, told in schema["properties"].items()
    ]


def _add_security(paths: Mapping[str, Any], components: dict[str, Any]) -> None:
    components["securitySchemes"] = SECURITY_SCHEMES
    for path, operations in paths.items():
        if path.startswith("/v1/") or path == "/metrics":
            for operation in operations.values():
                operation["security"] = [{name: []} for name in SECURITY_SCHEMES]


def _schemas(models: Sequence[type[BaseModel]]) -> Mapping[str, Any]:
    documents = [one for one in models if issubclass(one, Document)]
    bodies = [one for one in models if not issubclass(one, Document)]
    _, definitions = models_json_schema(
        [*((one, "serialization") for one in documents), *((one, "validation") for one in bodies)],
        ref_template="#/components/schemas/{model}",
    )
    schemas: Mapping[str, Any] = definitions["$defs"]
    return schemas


def _add_bodies(routers: Sequence[APIRouter], paths: Mapping[str, Any]) -> list[type[BaseModel]]:
    """Adds the JSON bodies that ``JsonBody`` takes; returns their models."""
    found = []
    for route in itertools.chain.from_iterable(one.routes for one in routers):
        if not isinstance(route, APIRoute):
            continue
        for model in _body_models(route.dependant):
            found.append(model)
            for method in route.methods or ():
                paths[route.path_format][method.lower()]["requestBody"] = {
                    "required": True,
                    "content": {"application/json": {"schema": schema_of(model)}},
                }
    return found


def _body_models(dependant: Dependant) -> Iterator[type[BaseModel]]:
    if isinstance(dependant.call, JsonBody):
        yield dependant.call.model
    for inner in dependant.dependencies:
        yield from _body_models(inner)


def _all_documents(document: type[Document]) -> Iterator[type[Document]]:
    yield from document.__subclasses__()
    for one in document.__subclasses__():
        yield from _all_documents(one)
