"""What is published where: topics, and how Home Assistant finds what stands there.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from safety_detector import __version__
from safety_detector.domain.incidents.hazards import HAZARD_NAMES, IncidentHazard
from safety_detector.message_texts.phrase import Language
from safety_detector.message_texts.reason import Reason
from safety_detector.service.notifications.records import MessageType

ONLINE, OFFLINE = "online", "offline"
ON, OFF = "ON", "OFF"

_NO_OBJECT_ID = re.compile(r"[^A-Za-z0-9_-]")
_DEVICE_CLASSES: Mapping[IncidentHazard, str] = {
    IncidentHazard.FIRE: "safety",
    IncidentHazard.SMOKE: "smoke",
    IncidentHazard.NO_HELMET: "safety",
}
_OF_A_CAMERA = "problem"


@dataclass(frozen=True, slots=True)
class Topics:
    """Topics of one channel.

    Attributes:
        base: what all of them begin with.
        discovery: where Home Assistant looks; None where it is not told.
    """

    base: str
    discovery: str | None

    @property
    def status(self) -> str:
        """Whether the service is there: ``online`` or ``offline``."""
        return f"{self.base}/status"

    @property
    def known_incidents(self) -> str:
        """Matches the topics of incidents of all cameras."""
        return f"{self.base}/cameras/+/incidents/+"

    def events(self, camera_id: str | None) -> str:
        """Messages; of what is about no camera, or several, without one."""
        return f"{self.base}/events" if camera_id is None else f"{self._camera(camera_id)}/events"

    def hazard(self, camera_id: str, hazard: str) -> str:
        """Whether a hazard is seen now: ``ON`` or ``OFF``."""
        return f"{self._camera(camera_id)}/hazards/{hazard}"

    def incident(self, camera_id: str, hazard: str) -> str:
        """The incident of it; an empty object where there is none."""
        return f"{self._camera(camera_id)}/incidents/{hazard}"

    def picture(self, camera_id: str) -> str:
        """The annotated picture of the last incident, a JPEG."""
        return f"{self._camera(camera_id)}/picture"

    def device(self, camera_id: str) -> str | None:
        """Where Home Assistant is told of a camera."""
        if self.discovery is None:
            return None
        return f"{self.discovery}/device/{self.device_id(camera_id)}/config"

    def device_id(self, camera_id: str) -> str:
        """The camera as Home Assistant knows it, the same for ever."""
        return object_id(f"{self.base}_{camera_id}")

    def of_camera(self, camera_id: str) -> tuple[str, ...]:
        """Everything that is retained of a camera."""
        device = self.device(camera_id)
        hazards = tuple(IncidentHazard)
        return (
            *(self.hazard(camera_id, one) for one in hazards),
            *(self.incident(camera_id, one) for one in hazards),
            self.picture(camera_id),
            *(() if device is None else (device,)),
        )

    def camera_of(self, topic: str) -> str | None:
        """The camera that a topic is of; None for other topics."""
        prefix = f"{self.base}/cameras/"
        if not topic.startswith(prefix):
            return None
        return topic.removeprefix(prefix).partition("/")[0]

    def _camera(self, camera_id: str) -> str:
        return f"{self.base}/cameras/{camera_id}"


def object_id(text: str) -> str:
    """A text of letters, digits, ``_`` and ``-``; other texts give other ones.

    >>> object_id("gate-3")
    'gate-3'
    """
    plain = _NO_OBJECT_ID.sub("_", text)
    if plain == text:
        return plain
    return f"{plain}_{hashlib.sha256(text.encode()).hexdigest()[:6]}"


def device_document(
    topics: Topics, camera_id: str, name: str, language: Language, public_url: str | None
) -> dict[str, Any]:
    """A camera as a device of Home Assistant.

    A sensor a hazard, the picture of the last incident, and events; available as long as the
    service is.
    """
    device_id = topics.device_id(camera_id)
    parts: dict[str, dict[str, Any]] = {}
    for hazard in IncidentHazard:
        parts[hazard.value] = {
            "platform": "binary_sensor",
            "unique_id": f"{device_id}_{hazard}",
            "name": HAZARD_NAMES[hazard].text(language).capitalize(),
            "device_class": _DEVICE_CLASSES.get(hazard, _OF_A_CAMERA),
            "state_topic": topics.hazard(camera_id, hazard),
            "payload_on": ON,
            "payload_off": OFF,
            "json_attributes_topic": topics.incident(camera_id, hazard),
        }
        if hazard.is_of_camera:
            parts[hazard.value]["entity_category"] = "diagnostic"
    parts["picture"] = {
        "platform": "image",
        "unique_id": f"{device_id}_picture",
        "name": Reason("mqtt-picture").text(language),
        "image_topic": topics.picture(camera_id),
        "content_type": "image/jpeg",
    }
    parts["events"] = {
        "platform": "event",
        "unique_id": f"{device_id}_events",
        "name": Reason("mqtt-events").text(language),
        "state_topic": topics.events(camera_id),
        "event_types": [one.value for one in MessageType if one.value.startswith("incident.")],
    }
    device = {
        "identifiers": [device_id],
        "name": name,
        "manufacturer": "safety-detector",
        "model": "camera",
        "sw_version": __version__,
    }
    if public_url is not None:
        device["configuration_url"] = public_url
    return {
        "device": device,
        "origin": {"name": "safety-detector", "sw_version": __version__},
        "availability_topic": topics.status,
        "payload_available": ONLINE,
        "payload_not_available": OFFLINE,
        "qos": 1,
        "components": parts,
    }
