"""The words of pages: messages by their codes, moments, spans of time, names of things."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from urllib.parse import urlencode

from safety_detector.documents.reasons import ReasonDocument
from safety_detector.domain.hazards import Language
from safety_detector.message_texts.catalogue import PHRASES
from safety_detector.message_texts.reason import Reason, read_reason
from safety_detector.web.access.authentication import ANYBODY_HERE

_UNITS = (
    (timedelta(days=2), timedelta(days=1), "span-days"),
    (timedelta(hours=2), timedelta(hours=1), "span-hours"),
    (timedelta(minutes=1), timedelta(minutes=1), "span-minutes"),
)
"""From which span on it is told in which unit."""

_BROWSERS = (
    ("MicroMessenger/", "WeChat"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
"""What browsers say of themselves; each also claims to be those below it."""


@dataclass(frozen=True, slots=True)
class Words:
    """How a page speaks.

    Attributes:
        language: of its reader.
        zone: in which times are shown.
        now: the moment in which the page is made.
    """

    language: Language
    zone: tzinfo
    now: datetime

    def say(self, code: str, /, **facts: object) -> str:
        """A message.

        Raises:
            LookupError: there is none of that code, or a fact is missing; a fault of the page.
        """
        said = PHRASES[code].fill(self.language, dict(Reason.of(code, **facts).facts))
        if said is None:
            raise LookupError(f"{code} lacks a fact")
        return said

    def name(self, kind: str, value: str) -> str:
        """The name of a value that the program knows, ``name("state", "open")``.

        One of another version stands for itself.
        """
        code = f"{kind}-{value.replace('_', '-')}"
        phrase = PHRASES.get(code)
        return code if phrase is None else phrase.of(self.language)

    def names(self, kind: str, values: Iterable[str]) -> str:
        """The names of several."""
        between = "、" if self.language == "zh" else ", "
        return between.join(self.name(kind, one) for one in values)

    def reason(self, details: ReasonDocument) -> str:
        """A reason of a document, whose sentence is English."""
        return read_reason(details.as_json()).text(self.language)

    def person(self, name: str) -> str:
        """Who did something; of whoever need not sign in, in the reader's language."""
        return self.say("person-nobody-signed-in") if name == ANYBODY_HERE else name

    def moment(self, moment: datetime) -> str:
        """Date and time; of today the time alone."""
        here = moment.astimezone(self.zone)
        if here.date() == self.now.date():
            return here.strftime("%H:%M:%S")
        return here.strftime("%Y-%m-%d %H:%M")

    def field_moment(self, moment: datetime) -> str:
        """The moment as a field of date and time takes it, by the site's clock."""
        return moment.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")

    def named_day(self, day: date) -> str:
        """A day; today and yesterday by their names."""
        ago = (self.now.date() - day).days
        if ago in (0, 1):
            return self.say("day-yesterday" if ago else "day-today", day=day.isoformat())
        return day.isoformat()

    def clock(self, moment: datetime) -> str:
        """The time of day alone, where the day is said elsewhere."""
        return moment.astimezone(self.zone).strftime("%H:%M:%S")

    def day(self, moment: datetime) -> str:
        """The day, and the time where it is not the day's beginning."""
        here = moment.astimezone(self.zone)
        is_whole = (here.hour, here.minute, here.second) == (0, 0, 0)
        return here.strftime("%Y-%m-%d" if is_whole else "%Y-%m-%d %H:%M")

    def last_day(self, until: datetime) -> str:
        """The last day of a period that ends before a moment, or that moment within a day."""
        here = until.astimezone(self.zone)
        is_whole = (here.hour, here.minute, here.second) == (0, 0, 0)
        return self.day(until) if not is_whole else f"{here.date() - timedelta(days=1):%Y-%m-%d}"

    def size(self, size_bytes: int) -> str:
        """How large a file is, in decimal units."""
        for factor, unit in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
            if size_bytes >= factor:
                return f"{size_bytes / factor:.3g} {unit}"
        return f"{size_bytes} B"

    def address(self, query: Mapping[str, str]) -> str:
        """What stands behind the question mark of an address."""
        return urlencode({name: value for name, value in query.items() if value})

    def full_moment(self, moment: datetime) -> str:
        """Date and time, to the second, with its offset."""
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S %z")

    def age(self, moment: datetime) -> str:
        """How long ago it was, in one unit."""
        return self.say("span-ago", span=self.span(self.now - moment))

    def date(self, moment: datetime) -> str:
        """The day alone."""
        return moment.astimezone(self.zone).strftime("%Y-%m-%d")

    def figure(self, number: float) -> str:
        """A number without needless places."""
        return f"{number:.4g}"

    def browser(self, agent: str | None) -> str:
        """What a browser's own description comes to, for whoever looks for theirs."""
        said = agent or ""
        names = [name for sign, name in _BROWSERS if sign in said]
        systems = [name for sign, name in _SYSTEMS if sign in said]
        if names and systems:
            return self.say("browser-on", browser=names[0], system=systems[0])
        return names[0] if names else said[:60] or self.say("browser-unknown")

    def seconds(self, seconds: float) -> str:
        """A span of time that a document tells in seconds."""
        return self.span(timedelta(seconds=seconds))

    def span(self, span: timedelta) -> str:
        """A span of time, in one unit."""
        for least, unit, code in _UNITS:
            if span >= least:
                return self.say(code, number=span // unit)
        return self.say("span-seconds", number=max(0, int(span.total_seconds())))
