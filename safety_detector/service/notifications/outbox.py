"""Writes what channels are told, in the transaction of what it tells of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from safety_detector.database.statements import insert_unless_there
from safety_detector.database.tables import cameras, channels, escalations, incidents, inspections
from safety_detector.domain.hazards import Language
from safety_detector.domain.incidents.alert_rules import ALARMS, AlertRule, Occasion, receivers
from safety_detector.domain.incidents.incident import Change, ChangeKind
from safety_detector.jobs.store import JobStore
from safety_detector.service.incidents.finding import with_all_said
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.notifications.alert_rules import stored_rules
from safety_detector.service.notifications.bodies import (
    BY_A_PERSON,
    BY_THE_MODEL,
    SEEN_AGAIN,
    Event,
    incident_body,
)
from safety_detector.service.notifications.cool_downs import held_until
from safety_detector.service.notifications.records import ClaimedMessage
from safety_detector.service.notifications.writing import (
    NewMessage,
    held_back,
    hold_back,
    mark_told,
    write_message,
)

_TOO_OLD = timedelta(minutes=15)
"""Nobody is alarmed by a picture that was taken so long ago; the list shows what it came to."""

_DIGEST_AFTER = timedelta(seconds=60)
"""So long after a cool-down the next message may tell what was held back; then a digest does."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who can be told at present, and by which rules.

    Attributes:
        languages: of the channels that can be told, by id.
        channel_ids: of all channels.
        rules: by id.
    """

    languages: Mapping[str, Language]
    channel_ids: Sequence[str]
    rules: Mapping[str, AlertRule]


class Outbox:
    """Tells of incidents whom the rules name, and of alarms every channel that none names.

    Args:
        jobs: of messages.
        clock: the present moment, with its zone.
        site: the zone of cameras that have none of their own.
        base_url: what stands before the paths of links.
    """

    def __init__(
        self,
        jobs: JobStore[ClaimedMessage],
        clock: Callable[[], datetime],
        site: tzinfo,
        base_url: str,
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._site = site
        self._base_url = base_url

    def tell(
        self,
        connection: Connection,
        known: Container[str],
        changes: Sequence[Change],
    ) -> None:
        """Writes a message for each change and each channel that is to know of it."""
        now = self._clock()
        told = [one for one in changes if one.incident_id in known and now - one.at <= _TOO_OLD]
        events = [(one.incident_id, event) for one in told if (event := _event(one)) is not None]
        if events:
            self._tell(connection, events, now)

    def tell_of_act(self, connection: Connection, incident_id: str, occasion: Occasion) -> None:
        """Writes a message for each channel that is to know what somebody did."""
        now = self._clock()
        because = (BY_A_PERSON,) if occasion is Occasion.VERIFIED else ()
        self._tell(connection, [(incident_id, Event(occasion, now, because))], now)

    def _tell(
        self, connection: Connection, events: Sequence[tuple[str, Event]], now: datetime
    ) -> None:
        here = who_is_told(connection)
        if not here.languages:
            return
        stored = stored_incidents(connection, {incident_id for incident_id, _ in events})
        zones = self._zones(connection, {one.camera_id for one in stored.values()})
        for incident_id, event in events:
            incident = stored[incident_id]
            moment = now.astimezone(zones[incident.camera_id])
            # Who hears that it is over hears that it is not.
            wanted = Occasion.QUIET if SEEN_AGAIN in event.because else event.occasion
            rules = list(here.rules.items())
            found = receivers(rules, here.channel_ids, incident, wanted, moment)
            for channel_id, rule_ids in found.items():
                if channel_id in here.languages:
                    self.write(connection, here, channel_id, incident, event, rule_ids, now)
            if event.occasion in ALARMS:
                by = {one for rule_ids in found.values() for one in rule_ids}
                _expect_acknowledgement(connection, here, sorted(by), incident_id, now)

    def write(
        self,
        connection: Connection,
        here: Told,
        channel_id: str,
        incident: StoredIncident,
        event: Event,
        rule_ids: Sequence[str],
        now: datetime,
    ) -> None:
        """Writes a message, which counts what was held back; or holds it back itself.

        Only what opens is: what is worse, or was waited for, is told at once.
        """
        rules = {one: here.rules[one] for one in rule_ids}
        language = here.languages[channel_id]
        is_away = _is_model_away(connection, incident)
        telling = tuple(rules)
        if event.occasion is Occasion.OPENED and rules:
            until = held_until(connection, rules, channel_id, incident, now)
            telling = tuple(one for one in rules if one not in until)
            if not telling:
                body = incident_body(
                    incident, event, language, self._base_url, is_model_away=is_away
                )
                new = NewMessage(channel_id, event.message_type, body, incident.id, tuple(rules))
                hold_back(connection, new, now, min(until.values()) + _DIGEST_AFTER)
                return
        held = held_back(connection, channel_id)
        others = dict.fromkeys(
            row["incident_id"] for row in held if row["incident_id"] != incident.id
        )
        body = incident_body(
            incident, event, language, self._base_url, tuple(others), is_model_away=is_away
        )
        new = NewMessage(channel_id, event.message_type, body, incident.id, telling)
        message_id = write_message(connection, self._jobs, new, now)
        if held:
            mark_told(connection, held, message_id, now)

    def _zones(self, connection: Connection, camera_ids: set[str]) -> dict[str, tzinfo]:
        """In which zone the hours of cameras are."""
        query = select(cameras.c.id, cameras.c.timezone).where(cameras.c.id.in_(camera_ids))
        named = {row.id: row.timezone for row in connection.execute(query)}
        return {one: ZoneInfo(named[one]) if named.get(one) else self._site for one in camera_ids}


def who_is_told(connection: Connection) -> Told:
    """Who can be told at present, and by which rules; no channel is removed meanwhile.

    Args:
        connection: a writing transaction.
    """
    query = select(channels.c.id, channels.c.language, channels.c.disabled_reason)
    rows = connection.execute(query.order_by(channels.c.id).with_for_update(read=True)).all()
    return Told(
        {row.id: row.language for row in rows if row.disabled_reason is None},
        [row.id for row in rows],
        {one.id: one.rule for one in stored_rules(connection)},
    )


def stored_incidents(
    connection: Connection, incident_ids: Collection[str]
) -> dict[str, StoredIncident]:
    """Incidents as they stand, by id."""
    rows = connection.execute(select(incidents).where(incidents.c.id.in_(incident_ids)))
    return {one.id: one for one in with_all_said(connection, rows.mappings().all())}


def _is_model_away(connection: Connection, incident: StoredIncident) -> bool:
    """Whether another detector stood in for the model in the picture that shows it best."""
    if incident.verified or incident.best_inspection_id is None:
        return False
    query = select(inspections.c.runs).where(inspections.c.id == incident.best_inspection_id)
    runs = connection.scalar(query) or []
    return any(run["backend"] == "qwen" and run.get("error") for run in runs)


def _event(change: Change) -> Event | None:
    """What people are told of a change; None of one that says nothing to them."""
    match change.kind:
        case ChangeKind.OPENED:
            return Event(Occasion.OPENED, change.at, change.because)
        case ChangeKind.ESCALATED:
            return Event(Occasion.ESCALATED, change.at, change.because)
        case ChangeKind.QUIET:
            return Event(Occasion.QUIET, change.at)
        case ChangeKind.REOPENED:
            return Event(Occasion.ESCALATED, change.at, (SEEN_AGAIN,))
        case ChangeKind.VERIFIED:
            return Event(Occasion.VERIFIED, change.at, (BY_THE_MODEL,))
        case _:
            return None


def _expect_acknowledgement(
    connection: Connection,
    here: Told,
    rule_ids: Sequence[str],
    incident_id: str,
    now: datetime,
) -> None:
    """Notes when others are told if nobody acknowledges; from the first alarm on.

    At once where nobody else can be told.
    """
    first = insert_unless_there(connection.dialect.name, escalations, on=("rule_id", "incident_id"))
    for rule_id in rule_ids:
        rule = here.rules[rule_id]
        if rule.escalate is not None:
            is_told = any(one in here.languages for one in rule.channel_ids)
            due_at = now + timedelta(seconds=rule.escalate.after_s if is_told else 0)
            values = {"rule_id": rule_id, "incident_id": incident_id, "due_at": due_at}
            connection.execute(first, values | {"settled_at": None})
