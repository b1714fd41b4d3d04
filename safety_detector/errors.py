"""Every error that this package raises on purpose.

The tree::

    SafetyDetectorError
    ├── PictureRefused                  the picture itself is at fault; asking again cannot help
    │   ├── NotAPicture                 not-a-picture
    │   ├── UnsupportedPicture          unsupported-picture
    │   ├── PictureTooLarge             picture-too-large
    │   ├── PictureTruncated            picture-truncated
    │   ├── PictureBroken               picture-broken
    │   ├── PictureUnreadable           picture-unreadable   (no such file, no permission)
    │   ├── ArchiveEntryRefused         archive-entry-refused (a link, a path that leads outside)
    │   └── LinkRefused                 link-refused         (it leads out of a folder)
    ├── AddressRefused                  address-refused      (URL scheme, or a network not allowed)
    ├── FetchFailed                     fetch-failed         (the URL's server did not deliver)
    ├── CameraUnavailable               camera-unavailable   (no picture from a camera's source)
    │   ├── CameraAddressRefused        camera-address-refused (a network not allowed, no address)
    │   ├── CameraUnreachable           camera-unreachable   (refused, no route, name unknown)
    │   ├── CameraTimedOut              camera-timed-out     (at which step the message says)
    │   ├── CameraLoginFailed           camera-login-failed  (a password is wrong or missing)
    │   ├── CameraStreamMissing         camera-stream-missing (no such path, no video, no RTSP)
    │   └── CameraStreamBroken          camera-stream-broken (codec, garbage, crash, too much)
    ├── DetectorError
    │   ├── ModelUnreachable            model-unreachable    (an outage; not the picture's fault)
    │   ├── RequestTurnedAway           request-turned-away  (by a proxy, not by the service)
    │   ├── AnswerTimedOut              answer-timed-out     (of a server that answers others)
    │   ├── ModelRefused                model-refused        (the server refuses the request)
    │   ├── AnswerUnreadable            answer-unreadable    (not the same as "nothing found")
    │   ├── ModelFault                  model-fault          (runs of "!", an empty answer)
    │   ├── PictureUnsuitable           picture-unsuitable   (the model cannot take e.g. 300:1)
    │   └── WeightsInvalid              weights-invalid      (a broken or foreign ONNX file)
    ├── SubmissionRefused
    │   ├── UnknownCamera               unknown-camera
    │   ├── CameraExists                camera-exists
    │   ├── ActRefused                  act-refused          (by the state of an incident)
    │   ├── IncidentChanged             incident-changed     (by somebody else meanwhile)
    │   ├── CorrectionChanged           correction-changed   (by somebody else meanwhile)
    │   ├── SignInRefused               sign-in-refused      (by another system's word)
    │   ├── CursorInvalid               cursor-invalid
    │   ├── FolderRefused               folder-refused       (on the server, and not allowed)
    │   ├── UnknownFolder               unknown-folder       (on the server, and not there)
    │   ├── BatchExists                 batch-exists         (it is read from another folder)
    │   ├── UnknownInspection           unknown-inspection   (named for a report)
    │   ├── UnknownIncident             unknown-incident     (named for a report)
    │   ├── InspectionUnfinished        inspection-unfinished (named for a report, and not final)
    │   ├── InspectionKept              inspection-kept      (under hold, or evidence)
    │   ├── NoticeRefused               notice-refused       (there is no hazard to write it on)
    │   ├── PeriodNotBegun              period-not-begun
    │   ├── ReportTooLarge              report-too-large
    │   ├── TooManyReports              too-many-reports     (of one API key at a time)
    │   └── IdempotencyConflict         idempotency-conflict (the key came with another picture)
    ├── ServiceUnavailable              service-unavailable
    │   ├── StorageUnavailable          storage-unavailable  (read-only, folder gone)
    │   │   └── StorageFull             storage-full         (no room, or too little)
    │   ├── DatabaseUnavailable         database-unavailable
    │   │   └── DatabaseFull            database-full        (its disk has no room)
    │   ├── BrokerUnavailable           broker-unavailable
    │   ├── FolderUnavailable           folder-unavailable   (a batch's folder is away)
    │   └── DatabaseOutdated            database-outdated    (``safety-detector migrate`` is due)
    ├── SecretsLost                     secrets-lost         (sealed with a key that is gone)
    ├── PictureMissing                  picture-missing      (accepted, and gone from the folder)
    ├── TimeLimitExceeded               time-limit-exceeded  (one picture took too long)
    ├── WorkerLost                      worker-lost          (workers ended while they had it)
    ├── UnexpectedFault                 unexpected-fault     (a fault of the program itself)
    ├── FontInvalid                     font-invalid
    ├── ReportFailed                    report-failed
    ├── AnnotationsInvalid              annotations-invalid  (a labelled set is inconsistent)
    └── ConfigurationInvalid            configuration-invalid

Each class fixes a stable ``code`` and whether asking again can help (``retryable``); which of its
occasions it was, and with what facts, is the error's ``reason``.  What follows from that (HTTP
status, exit code, retry delay) is decided by the web app, the command line and the worker, not
here.

Long on purpose: the tree is read as a whole, and each class is a name and a code.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, ClassVar

from safety_detector.message_texts.reason import Fact, Reason


class SafetyDetectorError(Exception):
    """Base of the tree: a code and facts, of which a sentence is made in the reader's language.

    Args:
        reason: the code of a message of the catalogue (``message_texts``), or a whole reason.
        **facts: what stands in the places of the message, and what programs may want besides
            (``limit=20_000_000``); texts, numbers, reasons, or what is to be written as text.
    """

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False

    def __init__(self, reason: str | Reason, /, **facts: object) -> None:
        self.reason = reason if isinstance(reason, Reason) else Reason.of(reason, **facts)
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The message in English, for logs and programs."""
        return self.reason.text("en")

    @property
    def facts(self) -> Mapping[str, Fact]:
        """What the message says, by name."""
        return self.reason.facts

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions with keyword arguments do not survive pickle by themselves; workers need that.
        return (_rebuild, (type(self), self.reason, self.__dict__))


def _rebuild(
    cls: type[SafetyDetectorError], reason: Reason, attributes: dict[str, Any]
) -> SafetyDetectorError:
    error = cls(reason)
    error.__dict__.update(attributes)
    return error


class PictureRefused(SafetyDetectorError):
    """The submitted bytes cannot be inspected, and sending them again changes nothing."""

    code = "picture-refused"


class NotAPicture(PictureRefused):
    """The bytes are something else than a picture; the message says what they look like."""

    code = "not-a-picture"


class UnsupportedPicture(PictureRefused):
    """A picture, but of a format or pixel type that is not read here."""

    code = "unsupported-picture"


class PictureTooLarge(PictureRefused):
    """More bytes or pixels than the limit; ``facts`` holds ``limit`` and, if known, ``actual``."""

    code = "picture-too-large"


class PictureTruncated(PictureRefused):
    """The file ends before the picture does."""

    code = "picture-truncated"


class PictureBroken(PictureRefused):
    """The header is a picture's but the pixels cannot be decoded."""

    code = "picture-broken"


class PictureUnreadable(PictureRefused):
    """The file cannot be opened (missing, a folder, no permission)."""

    code = "picture-unreadable"


class ArchiveEntryRefused(PictureRefused):
    """An archive's entry that is not opened: a link, a path that leads outside, an archive."""

    code = "archive-entry-refused"


class LinkRefused(PictureRefused):
    """A link in a folder on the server that leads to a folder, or out of those that are allowed."""

    code = "link-refused"


class AddressRefused(SafetyDetectorError):
    """A URL that is not http(s), or that leads to a network which is not allowed."""

    code = "address-refused"


class FetchFailed(SafetyDetectorError):
    """The server behind a URL did not deliver a picture (status, time-out, broken connection)."""

    code = "fetch-failed"
    retryable = True


class CameraUnavailable(SafetyDetectorError):
    """No picture comes from a camera's source."""

    code = "camera-unavailable"
    retryable = True


class CameraAddressRefused(CameraUnavailable):
    """A camera's address that makes no sense, or lies in a network that is not allowed."""

    code = "camera-address-refused"
    retryable = False


class CameraUnreachable(CameraUnavailable):
    """Nothing answers at a camera's address, or its name is not known."""

    code = "camera-unreachable"


class CameraTimedOut(CameraUnavailable):
    """A camera fell silent; the message says at which step."""

    code = "camera-timed-out"


class CameraLoginFailed(CameraUnavailable):
    """A camera wants a user and password, or other ones."""

    code = "camera-login-failed"


class CameraStreamMissing(CameraUnavailable):
    """A camera answers, and has no pictures at that address."""

    code = "camera-stream-missing"


class CameraStreamBroken(CameraUnavailable):
    """A camera sends what cannot be decoded, or more than a stream may take."""

    code = "camera-stream-broken"


class DetectorError(SafetyDetectorError):
    """A detector could not give a result for this picture."""

    code = "detector-error"


class ServerFailure(Enum):
    """How a request to a server failed."""

    UNCONNECTED = auto()  # nothing answers there
    TIMED_OUT = auto()
    BROKEN_OFF = auto()  # in the middle of it
    REFUSED = auto()  # by an HTTP status
    NO_ROOM = auto()  # it works, and had no answer now


class ModelUnreachable(DetectorError):
    """No model server answers as one that works would: nothing there is the picture's fault.

    No connection, a time-out, 5xx, too many requests, a wrong key or an unknown model.

    Args:
        reason, **facts: as for every error.
        failure: how the request failed; None where it was not one request.
        http_status: the status that refused the request, None where there was none.

    Attributes:
        chars_per_s: how fast a part of the answer had come; None where none had.
        server_broke_down: whether a server broke down while it had the picture.
    """

    code = "model-unreachable"
    retryable = True

    def __init__(
        self,
        reason: str | Reason,
        /,
        *,
        failure: ServerFailure | None = None,
        http_status: int | None = None,
        **facts: object,
    ) -> None:
        super().__init__(reason, **facts)
        self.failure = failure
        self.http_status = http_status
        self.chars_per_s: float | None = None
        self.server_broke_down = False


class RequestTurnedAway(DetectorError):
    """Something before the service refuses this request, as a proxy with a limit of its own."""

    code = "request-turned-away"
    retryable = True


class AnswerTimedOut(DetectorError):
    """No answer about this picture came in time, though the server answers about others."""

    code = "answer-timed-out"
    retryable = True


class ModelRefused(DetectorError):
    """The model server refuses this very request (HTTP 4xx other than those above).

    Args:
        reason, **facts: as for every error.
        http_status: the status that it was refused with.
    """

    code = "model-refused"

    def __init__(
        self, reason: str | Reason, /, *, http_status: int | None = None, **facts: object
    ) -> None:
        super().__init__(reason, **facts)
        self.http_status = http_status


class AnswerUnreadable(DetectorError):
    """The model said something in which no box can be read; never the same as "nothing found"."""

    code = "answer-unreadable"
    retryable = True


class ModelFault(DetectorError):
    """The server answered 200 with garbage (runs of ``!``, nothing at all)."""

    code = "model-fault"
    retryable = True


class PictureUnsuitable(DetectorError):
    """A sound picture that this detector cannot take, for example of ratio 300:1."""

    code = "picture-unsuitable"


class WeightsInvalid(DetectorError):
    """The ONNX file is broken, or is not a model of ours."""

    code = "weights-invalid"


class SubmissionRefused(SafetyDetectorError):
    """A request to the service that cannot be carried out as it stands."""

    code = "submission-refused"


class UnknownCamera(SubmissionRefused):
    """There is no camera with that id."""

    code = "unknown-camera"


class CameraExists(SubmissionRefused):
    """A camera with that id is there already."""

    code = "camera-exists"


class ActRefused(SubmissionRefused):
    """The state of an incident does not allow what somebody wants to do, or not by this person."""

    code = "act-refused"


class IncidentChanged(SubmissionRefused):
    """Somebody did something about an incident since it was read."""

    code = "incident-changed"


class CorrectionChanged(SubmissionRefused):
    """Somebody corrected a picture since it was read."""

    code = "correction-changed"


class SignInRefused(SubmissionRefused):
    """Another system's word on who somebody is was not enough."""

    code = "sign-in-refused"


class CursorInvalid(SubmissionRefused):
    """A cursor or event id that this service did not give out."""

    code = "cursor-invalid"


class FolderRefused(SubmissionRefused):
    """A folder on the server that pictures may not be read from."""

    code = "folder-refused"


class UnknownFolder(SubmissionRefused):
    """There is no such folder on the server."""

    code = "unknown-folder"


class BatchExists(SubmissionRefused):
    """The batch is read from another folder already."""

    code = "batch-exists"


class UnknownInspection(SubmissionRefused):
    """There is no inspection with that id, or it is not in the report."""

    code = "unknown-inspection"


class UnknownIncident(SubmissionRefused):
    """There is no incident with that id, or it is not in the report."""

    code = "unknown-incident"


class InspectionUnfinished(SubmissionRefused):
    """The inspection is still queued or running."""

    code = "inspection-unfinished"


class InspectionKept(SubmissionRefused):
    """An inspection that may not be deleted: under hold, or evidence of what is not settled."""

    code = "inspection-kept"


class NoticeRefused(SubmissionRefused):
    """A rectification notice is wanted on an inspection or incident that is no hazard."""

    code = "notice-refused"


class PeriodNotBegun(SubmissionRefused):
    """A report is wanted on a period of which nothing can be known yet."""

    code = "period-not-begun"


class ReportTooLarge(SubmissionRefused):
    """More pictures than one report may have; ``facts`` holds the ``limit``."""

    code = "report-too-large"


class TooManyReports(SubmissionRefused):
    """As many reports of this API key as may be are queued or running; ``facts`` has ``limit``."""

    code = "too-many-reports"


class IdempotencyConflict(SubmissionRefused):
    """The idempotency key was used before, with another picture."""

    code = "idempotency-conflict"


class ServiceUnavailable(SafetyDetectorError):
    """Something that the service stands on is away; nothing was accepted or lost."""

    code = "service-unavailable"
    retryable = True


class StorageUnavailable(ServiceUnavailable):
    """The data folder cannot be read or written (read-only, gone)."""

    code = "storage-unavailable"


class StorageFull(StorageUnavailable):
    """The disk of the data folder has too little room, no more files, or its quota is used up."""

    code = "storage-full"


class DatabaseUnavailable(ServiceUnavailable):
    """The database does not answer, or is locked for too long."""

    code = "database-unavailable"


class DatabaseFull(DatabaseUnavailable):
    """The disk of the database has no room."""

    code = "database-full"


class BrokerUnavailable(ServiceUnavailable):
    """Redis or Valkey does not answer; pictures are accepted all the same."""

    code = "broker-unavailable"


class FolderUnavailable(ServiceUnavailable):
    """The folder on the server that a batch is read from is away; the reading waits."""

    code = "folder-unavailable"


class DatabaseOutdated(ServiceUnavailable):
    """The database's tables are of another version than the program's."""

    code = "database-outdated"
    retryable = False


class SecretsLost(SafetyDetectorError):
    """What was sealed cannot be read: the key of the installation is gone, or another one."""

    code = "secrets-lost"


class PictureMissing(SafetyDetectorError):
    """An accepted picture is not in the data folder any more, though the folder is there."""

    code = "picture-missing"
    retryable = True


class TimeLimitExceeded(SafetyDetectorError):
    """One picture took longer than a picture may."""

    code = "time-limit-exceeded"
    retryable = True


class UnexpectedFault(SafetyDetectorError):
    """The program itself failed on this picture; the log has the traceback."""

    code = "unexpected-fault"
    retryable = True


class WorkerLost(SafetyDetectorError):
    """Worker after worker ended while it had this picture, without saying why."""

    code = "worker-lost"


class FontInvalid(SafetyDetectorError):
    """The CJK font is missing or is of a kind that the PDF writer cannot embed."""

    code = "font-invalid"


class ReportFailed(SafetyDetectorError):
    """A PDF could not be made or written."""

    code = "report-failed"


class AnnotationsInvalid(SafetyDetectorError):
    """A labelled set refers to missing pictures, unknown categories or boxes outside."""

    code = "annotations-invalid"


class ConfigurationInvalid(SafetyDetectorError):
    """A setting has a value that cannot work; the message names the setting."""

    code = "configuration-invalid"
