"""Bodies in JSON, as the model that a route takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from fastapi import Request
from pydantic import BaseModel

from safety_detector.web.bodies.json_values import json_body
from safety_detector.web.bodies.uploads import receive_json
from safety_detector.web.collaborators import collaborators
from safety_detector.web.queries.values import checked

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class JsonBody(Generic[Model]):
    """The dependency of a route that takes JSON; the OpenAPI document says so too.

    FastAPI reads a body before it asks who sent it, and believes in numbers that are none.  This
    one reads no more than 256 KiB, behind the principal, which has to stand before it in the
    route's signature.

    Attributes:
        model: what the body has to be.
    """

    model: type[Model]

    async def __call__(self, request: Request) -> Model:
        """The body.

        Raises:
            RequestProblem: too long, too slow, no JSON, or no such model.
        """
        body = await receive_json(request, collaborators(request).uploads.limits)
        return checked(self.model, json_body(body))
