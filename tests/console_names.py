"""Messages that name what pages show; their codes are put together from kind and value."""

from __future__ import annotations

from collections.abc import Iterable

from safety_detector.camera_sources.source import SourceKind, Taken, Transport
from safety_detector.console.alerts.channel_forms import fields_of
from safety_detector.detectors.qwen.answer.token_scores import Unscored
from safety_detector.detectors.qwen.servers.server_state import Phase
from safety_detector.domain.camera_health import Fault
from safety_detector.domain.camera_rules import Day, WatchedHazard
from safety_detector.domain.capture_time import TakenFrom
from safety_detector.domain.corrections import BoxOrigin
from safety_detector.domain.crop_questions import CropAnswer
from safety_detector.domain.detections import Role as RunRole
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.domain.incidents.alert_rules import Occasion, Permitted
from safety_detector.domain.incidents.handling import ActKind, HandlingState, Level, Review
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.incident import ChangeKind, Stage
from safety_detector.domain.incidents.looks import Severity, SuppressedBy
from safety_detector.domain.inspection import Status, Verdict
from safety_detector.domain.people import Role
from safety_detector.message_texts.phrase import LANGUAGES
from safety_detector.service.access.audit import AuditAction
from safety_detector.service.cameras.deliveries import Outcome
from safety_detector.service.cameras.devices import Acknowledgement
from safety_detector.service.folders.records import ReadingStatus
from safety_detector.service.incidents.permits import PermitState
from safety_detector.service.notifications.records import (
    ChannelKind,
    MessageStatus,
    MessageType,
)
from safety_detector.service.records import CameraStatus, ListOrder, Login, Scope
from safety_detector.service.reports.records import ReportSort, ReportStage
from safety_detector.web.cameras.documents import FrameCountsDocument
from safety_detector.web.health.findings import State

_CHANNEL_FIELDS = {field.name for kind in ChannelKind for field in fields_of(kind)}

_NAMED: dict[str, Iterable[str]] = {
    "unscored": Unscored,
    "run-role": RunRole,
    "run-answer": CropAnswer,
    "camera-status": CameraStatus,
    "camera-fault-name": Fault,
    "camera-login": Login,
    "source-kind": SourceKind,
    "source-taken": Taken,
    "transport": Transport,
    "frames": FrameCountsDocument.model_fields,
    "suppressed": SuppressedBy,
    "delivery-outcome": Outcome,
    "acknowledgement": Acknowledgement,
    "day": Day,
    "rule-name": (
        "sightings",
        "looks",
        "window_s",
        "opening_score",
        "unsure_sightings",
        "unsure_looks",
    ),
    "permit-state": PermitState,
    "state": HandlingState,
    "stage": [one for one in Stage if one is not Stage.CANDIDATE],
    "hazard": IncidentHazard,
    "severity": Severity,
    "act": ActKind,
    "done": ActKind,
    "change": ChangeKind,
    "check": (
        "database",
        "storage",
        "broker",
        "workers",
        "models",
        "watchers",
        "clocks",
        "model_servers",
        "cameras",
    ),
    "role": Role,
    "because": ("severity", "extent", "fire", "permit"),
    "level": Level,
    "review": Review,
    "field": (
        "location",
        "description",
        "basis",
        "assignee",
        "responsible_unit",
        "measure",
        "funds",
        "contingency_plan",
    ),
    "verdict": Verdict,
    "status": Status,
    "label": Label,
    "sub-label": SubLabel,
    "order": ListOrder,
    "box-origin": BoxOrigin,
    "corrected": ("true", "false"),
    "picture-class": ("fire", "smoke", "no-helmet", "person"),
    "taken-from": TakenFrom,
    "backend": ("qwen", "embedded"),
    "took": ("decode", "prepare", "wait", "model", "parse"),
    "reading": ReadingStatus,
    "batch": ("accepted", "completed", "queued", "running", "failed"),
    "batch-file": ("csv", "jsonl", "coco", "zip"),
    "wall-hazard": WatchedHazard,
    "report-kind": ("incidents", "inspections", "notices"),
    "report-about": ("incidents", "inspections", "notices"),
    "report-status": Status,
    "report-stage": ReportStage,
    "report-order": ReportSort,
    "report-lang": ("usual", *LANGUAGES),
    "report-period": (
        "today",
        "yesterday",
        "this-week",
        "last-week",
        "this-month",
        "last-month",
    ),
    "standing": State,
    "audit": AuditAction,
    "scope": Scope,
    "role-may": Role,
    "model-server": Phase,
    "database": ("sqlite", "postgresql"),
    "origin": ("environment", "file", "env", "default"),
    "queue": ("qwen", "embedded", "render", "folders", "notify", "watch"),
    "act-text": (ActKind.REJECT, ActKind.RECTIFY),
    "occasion": Occasion,
    "permitted": Permitted,
    "rule-permitted": (Permitted.ONLY, Permitted.WITHOUT),
    "channel-kind": ChannelKind,
    "channel-about": ChannelKind,
    "channel-field": _CHANNEL_FIELDS,
    "channel-hint": _CHANNEL_FIELDS - {"url", "pictures", "mention_all"},
    "channel-hint-url": (ChannelKind.MAIL, ChannelKind.MQTT),
    "channel-without": ("secret", "password"),
    "encryption": ("starttls", "tls", "none"),
    "message-type": [one.replace(".", "-") for one in MessageType],
    "message-status": MessageStatus,
}


def named_codes() -> set[str]:
    """The codes of these messages."""
    return {
        f"{kind}-{value.replace('_', '-')}" for kind, values in _NAMED.items() for value in values
    }
