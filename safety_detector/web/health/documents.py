"""How the service does, in answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from safety_detector.detectors.qwen.servers.server_state import Phase
from safety_detector.documents.document import Document, Moment
from safety_detector.message_texts.reason import Reason

_UNREACHABLE = "The model server at http://10.0.0.5:8000/v1 cannot be reached."


def _in_english(reason: Reason | str | None) -> str | None:
    return reason.text("en") if isinstance(reason, Reason) else reason


class ModelServerDocument(Document):
    """How a model server stands: `in-use`, `ejected`, `examined` at present, or `unknown` yet."""

    address: str = Field(description="Its base URL.", examples=["http://10.0.0.5:8000/v1"])
    state: Phase = Field(
        validation_alias="phase", description="Whether it gets pictures.", examples=["ejected"]
    )
    in_flight: int = Field(
        description="Pictures that it has in hand, of all workers.", examples=[0]
    )
    limit: int = Field(description="How many it may have; follows its answers.", examples=[8])
    ejected_since: Moment | None = Field(
        description="Since when it gets no pictures.", examples=["2026-11-21T07:58:00.000Z"]
    )
    reason: Annotated[str | None, BeforeValidator(_in_english)] = Field(
        description="Why it gets no pictures.", examples=[_UNREACHABLE]
    )


class CheckDocument(Document):
    """What one check found; all but the status needs the scope `read`."""

    status: str = Field(description="`ok`, `degraded` or `failed`.", examples=["degraded"])
    detail: str | None = Field(
        None,
        exclude_if=lambda detail: detail is None,
        description="What is wrong.",
        examples=[f"http://10.0.0.5:8000/v1 is not used since 07:58: {_UNREACHABLE}"],
    )
    servers: list[ModelServerDocument] | None = Field(
        None, exclude_if=lambda servers: servers is None, description="The model servers."
    )


class ReadinessDocument(Document):
    """How well the service does: `ok`, `degraded` (pictures wait), `failed`."""

    status: str = Field(description="That of the worst check.", examples=["degraded"])
    checks: dict[str, CheckDocument] = Field(
        description="By what was looked at.",
        examples=[
            {
                "database": {"status": "ok"},
                "storage": {"status": "ok"},
                "broker": {"status": "ok"},
                "workers": {"status": "ok", "detail": "1 seen, for 16 pictures at a time."},
                "watchers": {"status": "ok", "detail": "1 seen, for 64 cameras; 12 are held."},
                "cameras": {"status": "ok"},
                "clocks": {"status": "ok"},
                "models": {
                    "status": "degraded",
                    "detail": "qwen since 2026-11-21T07:58:00+00:00: connection refused",
                },
                "model_servers": {
                    "status": "degraded",
                    "detail": "http://10.0.0.5:8000/v1 is not used since 2026-11-21T07:58:00Z: "
                    f"{_UNREACHABLE}",
                    "servers": [ModelServerDocument.example()],
                },
            }
        ],
    )
