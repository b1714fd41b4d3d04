"""A running service as the judge of a batch: pictures go there by REST, results come back."""

from __future__ import annotations

import hashlib
import re
import ssl
import threading
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

import httpx2
from ulid import ULID

from safety_detector import errors
from safety_detector.batch.lines import Judge
from safety_detector.batch.outages import Stopped
from safety_detector.documents.results import read_result
from safety_detector.domain.inspection import Inspection, Status, Verdict
from safety_detector.errors import (
    ConfigurationInvalid,
    ModelUnreachable,
    RequestTurnedAway,
    SafetyDetectorError,
    StorageUnavailable,
    UnexpectedFault,
)
from safety_detector.ingest.admission import Limits, admit
from safety_detector.message_texts.reason import Reason, read_reason, system_cause
from safety_detector.network.authorities import usual_authorities
from safety_detector.network.http_bodies import PLAIN, bounds
from safety_detector.pictures.images import decode
from safety_detector.pipeline import InspectedPicture

_WAIT_S = 20  # the service holds an answer back for so long; a stop is heard as soon
_MOST_BYTES = 1 << 26  # of one answer; the result of a picture has some thousand bytes
_TIMEOUT = httpx2.Timeout(_WAIT_S + 40.0, connect=10.0)
_PAUSE_S = 1.0  # between two looks where the service has no room for one that waits
_AWAY = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
    HTTPStatus.INSUFFICIENT_STORAGE,
)
# What one picture may bring about by itself: a fault of the program there, a body that is too slow.
_FAULTS = (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.REQUEST_TIMEOUT)
# Of something before the service about one request; with all else the pictures wait for it.
_REFUSALS = (
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_ACCEPTABLE,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
)
_TRIES = 3
_SHOWN = 200  # characters of an answer that is none of ours
_TAG = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


class RemoteService:
    """A service that inspects pictures; safe to use from several threads.

    Each picture is sent under a key of its own bytes and name, and of the output folder: after a
    kill it is the same inspection again, and the service does not look twice; in another folder,
    or one that begins anew, it does.

    Args:
        url: its base address.
        key: an API key with the scopes ``submit`` and ``read``; None where none is asked for.
        source: the batch's source; its pictures in one folder get the same ``batch_id``.
        limits: what a picture may cost here; the service has limits of its own.
        connections: pictures that are sent or waited for at a time.
        stop: set when waiting is to end.
        ca: PEM file with the service's certificate, or that of its authority; None for the usual
            authorities.

    Raises:
        ConfigurationInvalid: the address is none, or the file cannot be used.
    """

    def __init__(
        self,
        url: str,
        key: str | None,
        source: str,
        limits: Limits,
        connections: int,
        stop: threading.Event,
        ca: Path | None = None,
    ) -> None:
        self._limits = limits
        self._stop = stop
        self._source = source
        self.begin("")
        try:
            # Lines and messages are shown to many; a password in the address is nobody's business.
            shown = str(httpx2.URL(url).copy_with(userinfo=b"")).rstrip("/")
            self._client = httpx2.Client(
                base_url=url,
                headers=PLAIN | ({"Authorization": f"Bearer {key}"} if key else {}),
                event_hooks={"response": [bounds(_MOST_BYTES, _WAIT_S + 40.0)]},
                timeout=_TIMEOUT,
                limits=httpx2.Limits(max_connections=connections),
                trust_env=False,
                verify=service_trust(ca),
            )
        except (httpx2.InvalidURL, ValueError) as exc:
            raise ConfigurationInvalid("server-not-an-address", cause=exc) from exc
        self.judge = Judge(service=shown)

    def check(self) -> None:
        """Makes sure that the service is there and lets us in.

        Raises:
            ModelUnreachable: it does not answer.
            ConfigurationInvalid: it wants another key, or is no service of ours.
        """
        answer = self._request("GET", "/v1/inspections", params={"limit": "1"})
        if answer.has_redirect_location:
            raise ConfigurationInvalid(
                "service-redirects", service=self.judge.service, location=answer.headers["Location"]
            )
        if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise ConfigurationInvalid(
                "service-refuses-key", service=self.judge.service, detail=_detail(answer)
            )
        if answer.status_code != HTTPStatus.OK or "inspections" not in _body(answer):
            raise ConfigurationInvalid(
                "not-a-service", service=self.judge.service, detail=_detail(answer)
            )

    def begin(self, nonce: str) -> None:
        """Makes the pictures that follow a batch of their own.

        Args:
            nonce: of the output folder; the same one stands for the same inspections.
        """
        text = f"{self._source}\n{nonce}".encode()
        self._batch_id = str(ULID(hashlib.sha256(text).digest()[:16]))

    def look(self, data: bytes, name: str) -> InspectedPicture:
        """What the service says of a picture, in pixels of the upright picture.

        Raises:
            PictureRefused: the picture is refused, here or there.
            ModelUnreachable: the service is away.
            RequestTurnedAway: a proxy refuses it, and says nothing of ours.
            UnexpectedFault: the service is well, but fails with this picture every time.
            Stopped: the run is to stop; the service goes on with the picture.
            SafetyDetectorError: the inspection failed there; the class is that of its code.
        """
        header = admit(data, self._limits)
        sha256 = hashlib.sha256(data).hexdigest()
        media_type = f"image/{header.format.lower()}"
        inspection = self._judge(data, name, sha256, media_type)
        if inspection.status is Status.FAILED:
            raise _failure(inspection)
        return InspectedPicture(
            # The service shortens names and replaces what cannot be printed.
            facts=replace(inspection.picture, name=name),
            submitted_bytes=len(data),
            rgb=decode(data, header),
            detections=inspection.detections,
            runs=inspection.runs,
            verdict=inspection.verdict or Verdict.INCONCLUSIVE,
        )

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _judge(self, data: bytes, name: str, sha256: str, media_type: str) -> Inspection:
        tries = 0
        while True:
            try:
                return self._follow(self._submit(data, name, sha256, media_type))
            except ModelUnreachable as exc:
                if exc.http_status not in _FAULTS:
                    raise
                tries += 1
                if tries == _TRIES:
                    if self._send("GET", "/livez").status_code != HTTPStatus.OK:
                        raise
                    raise UnexpectedFault(exc.reason) from exc
            if self._stop.wait(_PAUSE_S):
                raise Stopped

    def _submit(self, data: bytes, name: str, sha256: str, media_type: str) -> Inspection:
        key = hashlib.sha256(f"{self._batch_id}\n{name}\n{sha256}".encode()).hexdigest()
        answer = self._send(
            "POST",
            "/v1/inspections",
            params={"name": name, "batch_id": self._batch_id},
            content=data,
            headers={"Content-Type": media_type, "Idempotency-Key": key, **_prefer()},
        )
        return _inspection(answer)

    def _follow(self, inspection: Inspection) -> Inspection:
        while inspection.status not in (Status.COMPLETED, Status.FAILED):
            if self._stop.is_set():
                raise Stopped
            answer = self._send("GET", f"/v1/inspections/{inspection.id}", headers=_prefer())
            inspection = _inspection(answer)
            if "Preference-Applied" not in answer.headers:
                self._stop.wait(_PAUSE_S)
        return inspection

    def _send(self, method: str, path: str, **content: Any) -> httpx2.Response:
        """The service's own answer, whatever it says, but that it cannot help now."""
        answer = self._request(method, path, **content)
        if _is_ours(answer):
            return answer
        if answer.status_code in _REFUSALS:
            raise RequestTurnedAway(self._refusal(answer, len(content.get("content", b""))))
        raise ModelUnreachable(
            "another-service-answers",
            service=self.judge.service,
            detail=_detail(answer),
            http_status=answer.status_code,
        )

    def _refusal(self, answer: httpx2.Response, size: int) -> Reason:
        service = self.judge.service
        if answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return Reason.of("proxy-takes-less", service=service, bytes=size)
        return Reason.of("proxy-refuses", service=service, detail=_detail(answer))

    def _request(self, method: str, path: str, **content: Any) -> httpx2.Response:
        try:
            answer = self._client.request(method, path, **content)
        except httpx2.HTTPError as exc:
            refusal = _refused_certificate(exc)
            if refusal is not None:
                raise ConfigurationInvalid(
                    "service-certificate-untrusted", service=self.judge.service, cause=refusal
                ) from exc
            raise ModelUnreachable(
                "service-unreachable",
                service=self.judge.service,
                cause=str(exc) or type(exc).__name__,
            ) from exc
        if answer.status_code in _AWAY:
            raise ModelUnreachable(
                "service-cannot-help",
                service=self.judge.service,
                detail=_detail(answer),
                http_status=answer.status_code,
            )
        return answer


def service_trust(ca: Path | None) -> ssl.SSLContext:
    """What a service's certificate is checked against.

    Raises:
        ConfigurationInvalid: the file cannot be used.
    """
    if ca is None:
        return usual_authorities()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # The file may hold the server's own certificate, which need not be an authority's.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cafile=ca)
    except ssl.SSLError as exc:
        raise ConfigurationInvalid("server-ca-empty", path=ca) from exc
    except OSError as exc:
        raise ConfigurationInvalid(
            "setting-file-unreadable",
            setting="SAFETY_SERVER_CA",
            path=ca,
            cause=system_cause(exc),
        ) from exc
    return context


def _refused_certificate(exc: BaseException | None) -> str | None:
    """Why the service's certificate was refused; None if it was not that."""
    while exc is not None:
        if isinstance(exc, ssl.SSLCertVerificationError):
            return exc.verify_message
        exc = exc.__cause__ or exc.__context__
    return None


def _is_ours(answer: httpx2.Response) -> bool:
    """Whether it is the service that answers: JSON, and errors with a code."""
    body = _body(answer)
    return bool(body) and (answer.is_success or "code" in body)


def _prefer() -> dict[str, str]:
    return {"Prefer": f"wait={_WAIT_S}"}


def _inspection(answer: httpx2.Response) -> Inspection:
    if answer.status_code not in (HTTPStatus.OK, HTTPStatus.ACCEPTED):
        raise _error_of(str(_body(answer).get("code")), _reason(answer))
    try:
        return read_result(_body(answer))
    except (KeyError, TypeError, ValueError) as exc:
        raise UnexpectedFault("service-answer-unreadable", detail=_detail(answer)) from exc


def _failure(inspection: Inspection) -> SafetyDetectorError:
    problem = inspection.error
    if problem is None:
        return UnexpectedFault("failed-without-reason")
    return _error_of(problem.code, problem.reason)


def _error_of(code: str, reason: Reason) -> SafetyDetectorError:
    classes: list[type[SafetyDetectorError]] = [errors.SafetyDetectorError]
    for one in classes:
        classes += one.__subclasses__()
    found = {one.code: one for one in classes}.get(code, UnexpectedFault)
    # What the service waited for in vain is over, and what it lacked is not lacking here.
    of_theirs = (ModelUnreachable, StorageUnavailable, ConfigurationInvalid)
    return UnexpectedFault(reason) if issubclass(found, of_theirs) else found(reason)


def _body(answer: httpx2.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _reason(answer: httpx2.Response) -> Reason:
    """Why the service refuses, from its problem document; earlier ones say it in English alone."""
    try:
        return read_reason(_body(answer)["details"])
    except (KeyError, ValueError):
        return Reason.of_sentence(_detail(answer))


def _detail(answer: httpx2.Response) -> str:
    detail = _body(answer).get("detail")
    if detail:
        return str(detail)
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    if kind == "text/html":
        text = " ".join(_TAG.sub(" ", answer.text[: _SHOWN * 50]).split())
    else:
        text = answer.text
    return f"{answer.status_code} {answer.reason_phrase} {text[:_SHOWN]!r}."
