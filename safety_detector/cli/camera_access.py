"""Cameras as the command line reaches them: in the data folder, or by the REST of a service."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from safety_detector.camera_sources.source import CameraSource
from safety_detector.cli.operator import operated_service, operator
from safety_detector.cli.startup import settings_with_warnings
from safety_detector.documents.document import Document
from safety_detector.errors import (
    CameraAddressRefused,
    CameraExists,
    CameraUnavailable,
    ConfigurationInvalid,
    ServiceUnavailable,
    SubmissionRefused,
    UnknownCamera,
)
from safety_detector.message_texts.reason import Reason, read_reason
from safety_detector.network.http_bodies import PLAIN, bounds
from safety_detector.service.core import Service
from safety_detector.web.cameras.bodies import NewCamera
from safety_detector.web.cameras.documents import CameraDocument
from safety_detector.web.cameras.trials import TrialAnswer, TrialBody, TrialDocument
from safety_detector.web.problems.problem import invalid_request
from safety_detector.wiring import build_source_test, remote_trust

_Model = TypeVar("_Model", bound=BaseModel)
_Shown = TypeVar("_Shown", bound=Document)

_TIMEOUT_S = 40.0  # a source may be tried for 15 s
_MOST_BYTES = 64 * 2**20
_SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Trial:
    """What came from a source.

    Attributes:
        found: size, codec and the like.
        jpeg: the picture.
    """

    found: TrialDocument
    jpeg: bytes


class CameraAccess(Protocol):
    """Bodies and documents are those of REST."""

    def list(self) -> list[CameraDocument]:
        """Every camera."""
        ...

    def get(self, camera_id: str) -> CameraDocument:
        """One camera; raises UnknownCamera."""
        ...

    def add(self, body: Mapping[str, Any]) -> CameraDocument:
        """Adds one; raises CameraExists, or that something of it cannot be."""
        ...

    def remove(self, camera_id: str) -> None:
        """Removes one; raises UnknownCamera."""
        ...

    def check(self, body: Mapping[str, Any]) -> None:
        """Refuses a new camera that could not be added, before its source is opened for nothing."""
        ...

    def test(self, body: Mapping[str, Any]) -> Trial:
        """Opens a source, or that of a camera; raises CameraUnavailable, with what is wrong."""
        ...

    def is_watched(self) -> bool | None:
        """Whether any process watches cameras; None where nobody can tell."""
        ...


@contextmanager
def camera_access(server: str | None) -> Iterator[CameraAccess]:
    """The cameras of the service at an address, or of this data folder.

    Raises:
        ConfigurationInvalid, StorageUnavailable, DatabaseUnavailable: there is no such service.
    """
    if server is None:
        with operated_service() as service:
            yield _HereCameras(service)
        return
    settings = settings_with_warnings()
    key = settings.server_key.get_secret_value() if settings.server_key else None
    try:
        client = httpx2.Client(
            base_url=server,
            headers=PLAIN | ({"Authorization": f"Bearer {key}"} if key else {}),
            event_hooks={"response": [bounds(_MOST_BYTES, _TIMEOUT_S)]},
            timeout=_TIMEOUT_S,
            trust_env=False,
            verify=remote_trust(settings),
        )
    except (httpx2.InvalidURL, ValueError) as exc:
        raise ConfigurationInvalid("server-not-an-address", cause=exc) from exc
    with client:
        yield _ServedCameras(client)


class _HereCameras:
    """In the database of the data folder."""

    def __init__(self, service: Service) -> None:
        self._records = service.cameras.records
        self._watchers = service.cameras.watchers

    def list(self) -> list[CameraDocument]:
        return [CameraDocument.of(one) for one in self._records.list()]

    def get(self, camera_id: str) -> CameraDocument:
        return CameraDocument.of(self._records.get(camera_id))

    def add(self, body: Mapping[str, Any]) -> CameraDocument:
        new = _checked(NewCamera, body)
        return CameraDocument.of(self._records.create(new.settings(), new.id, operator()))

    def remove(self, camera_id: str) -> None:
        self._records.remove(camera_id, operator())

    def check(self, body: Mapping[str, Any]) -> None:
        new = _checked(NewCamera, body)
        self._records.check_place(new.settings().source)
        if any(one.id == new.id for one in self._records.list()):
            raise CameraExists("camera-exists", camera_id=new.id)

    def test(self, body: Mapping[str, Any]) -> Trial:
        source = self._meant(_checked(TrialBody, body))
        self._records.check_place(source)
        report = build_source_test(settings_with_warnings())(source)
        return Trial(TrialDocument.of(report), report.frame.jpeg)

    def is_watched(self) -> bool | None:
        return bool(self._watchers.standing().watchers)

    def _meant(self, body: TrialBody) -> CameraSource:
        if body.source is None:
            return self._records.open_source(body.camera_id or "")
        return body.source.source()


class _ServedCameras:
    """By the REST of a service that runs."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    def list(self) -> list[CameraDocument]:
        found = self._ask("GET", "/v1/cameras").get("cameras", [])
        return [_read(CameraDocument, one) for one in found]

    def get(self, camera_id: str) -> CameraDocument:
        return _read(CameraDocument, self._ask("GET", f"/v1/cameras/{_part(camera_id)}"))

    def add(self, body: Mapping[str, Any]) -> CameraDocument:
        return _read(CameraDocument, self._ask("POST", "/v1/cameras", body))

    def remove(self, camera_id: str) -> None:
        self._ask("DELETE", f"/v1/cameras/{_part(camera_id)}")

    def check(self, body: Mapping[str, Any]) -> None:
        _checked(NewCamera, body)
        if any(one.id == body.get("id") for one in self.list()):
            raise CameraExists("camera-exists", camera_id=body.get("id"))

    def test(self, body: Mapping[str, Any]) -> Trial:
        answer = _read(TrialAnswer, self._ask("POST", "/v1/cameras/test", body))
        found = TrialDocument.read(answer.model_dump(exclude={"picture"}))
        try:
            return Trial(found, base64.b64decode(answer.picture, validate=True))
        except binascii.Error as exc:
            raise _not_ours(str(exc)) from exc

    def is_watched(self) -> bool | None:
        return None

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        try:
            answer = self._client.request(method, path, json=body)
        except httpx2.HTTPError as exc:
            shown = str(self._client.base_url.copy_with(userinfo=b""))
            raise ServiceUnavailable(
                "service-unreachable", service=shown, cause=str(exc) or type(exc).__name__
            ) from exc
        document = _document(answer)
        if answer.is_success and (document or answer.status_code == HTTPStatus.NO_CONTENT):
            return document
        raise _refusal(answer, document)


def _refusal(answer: httpx2.Response, document: Mapping[str, Any]) -> Exception:
    """What a problem document says, as the error that it would be here."""
    code, detail = str(document.get("code")), str(document.get("detail"))
    if not document.get("code"):
        return _not_ours(f"{answer.status_code} {answer.text[:_SHOWN_CHARACTERS]}")
    if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return ConfigurationInvalid("service-refuses-admin", detail=detail)
    try:
        reason = read_reason(document["details"])
    except (KeyError, ValueError):
        reason = Reason.of_sentence(detail)
    for known in (UnknownCamera, CameraExists, CameraAddressRefused):
        if code == known.code:
            return known(reason)
    if code.startswith("camera-"):
        return CameraUnavailable(reason)
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServiceUnavailable(reason)
    return SubmissionRefused(reason)


def _not_ours(detail: str) -> ConfigurationInvalid:
    return ConfigurationInvalid("not-a-service", service="--server", detail=f"{detail!r}.")


def _document(answer: httpx2.Response) -> dict[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _read(model: type[_Shown], document: Mapping[str, Any]) -> _Shown:
    """A document of a service that may be newer, and say more."""
    try:
        return model.read({name: document[name] for name in model.model_fields if name in document})
    except ValidationError as exc:
        raise _not_ours(f"{exc.error_count()} fields of {model.__name__} are others") from exc


def _part(camera_id: str) -> str:
    """An id as a part of a path; what could not be one is nobody's."""
    if (
        not camera_id.isascii()
        or not camera_id.replace("-", "").replace(".", "").replace("_", "").isalnum()
    ):
        raise UnknownCamera("no-camera", camera_id=camera_id[:64])
    return camera_id


def _checked(model: type[_Model], written: Mapping[str, Any]) -> _Model:
    try:
        return model.model_validate(written)
    except ValidationError as exc:
        problem = invalid_request(exc.errors(include_url=False, include_input=False))
    raise ConfigurationInvalid("camera-invalid", problems=problem.detail)
