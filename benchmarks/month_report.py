"""Makes a made-up month of incidents with real pictures, and reports on it in both languages.

A dozen cameras of a plant see some 300 hazards in a month: fires, smoke, people without helmets,
out of pictures of ``../shared/data/dev``, each in several looks that grow nearer; false alarms; a
camera that stays silent; and people who respond, judge, assign, rectify, verify and close, some
late, some never.  Everything goes the service's own way: pictures are accepted, results recorded,
incidents folded, acts done.  The clock alone is made up.  The same seed gives the same month.

Prints how long each report took and how many pages and bytes it has, and that the same order gives
the same bytes.  ``--keep FOLDER`` keeps the data folder (``safety-detector serve --data-dir`` shows
it), which is used again the next time, and the reports; ``--draw`` draws their pages beside them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pypdf
import pypdfium2

from safety_detector.annotation.draw import annotate
from safety_detector.appearance.fonts import FontFiles, find_fonts
from safety_detector.database.engine import Database
from safety_detector.database.migrate import migrate
from safety_detector.database.sqlite import sqlite_url
from safety_detector.domain.camera_health import Fault
from safety_detector.domain.camera_rules import CameraRules, Polygon, Zone
from safety_detector.domain.detections import Detection, DetectorRun, by_urgency
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, Language, SubLabel
from safety_detector.domain.incidents.camera_faults import Spell
from safety_detector.domain.incidents.handling import ActKind, HandlingState, Level, Review
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.inspection import decide_verdict
from safety_detector.ingest.admission import Limits
from safety_detector.message_texts.reason import Reason
from safety_detector.pictures.images import (
    RgbImage,
    decode,
    encode_jpeg,
    read_header,
    resize,
    size_of,
)
from safety_detector.service.access.audit import Actor
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.core import Service, build_service
from safety_detector.service.incidents.camera_faults import FaultIncidents
from safety_detector.service.incidents.records import IncidentFilter, NewAct
from safety_detector.service.records import Finding, Submission
from safety_detector.service.reports.records import ReportOrder, ReportSubject
from safety_detector.service.retention.age_clock import Uptime
from safety_detector.storage.storage import Storage
from safety_detector.stored_reports.writing import ReportPress

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared/data/dev"
CHINA = ZoneInfo("Asia/Shanghai")
SINCE = datetime(2026, 11, 1, tzinfo=CHINA)
UNTIL = datetime(2026, 12, 1, tzinfo=CHINA)
MADE_AT = datetime(2026, 12, 3, 9, 30, tzinfo=CHINA)

WHOLE = Polygon(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
CAMERAS = {
    "gate-3": ("三号门", None),
    "tank-farm": ("油罐区东", "罐区防火堤"),
    "boiler-house": ("锅炉房", None),
    "weld-shop": ("焊接车间", "动火作业区"),
    "roof-east": ("主楼屋面东侧", None),
    "paint-store": ("油漆库房", "库房通道"),
    "crane-yard": ("吊装作业场", None),
    "scaffold-a": ("A 栋脚手架", "临边作业区"),
    "scaffold-b": ("B 栋脚手架", None),
    "parking": ("北停车场", None),
    "substation": ("变电站", "围栏内"),
    "canteen": ("食堂后厨", None),
}
SILENT = ("waste-store", "危废暂存间")
UNITS = {
    "安全管理部": ("王磊", "李娜"),
    "焊接车间": ("赵强", "孙伟"),
    "基建项目部": ("周婷", "吴昊", "郑凯"),
    "设备动力部": ("冯雪",),
    "后勤服务中心": ("陈晨",),
}
JUDGES = ("张敏", "刘洋", "夜班值班员")
VERIFIERS = ("何静", "高翔")
REASONS = (
    "夕阳反光", "车灯", "蒸汽，锅炉正常排汽", "反光背心被识别为火焰", "水雾降尘",
    "头戴深色便帽，非作业人员", "焊接火花，已办理动火作业许可",
)  # fmt: skip
MEASURES = {
    Label.FIRE: "立即切断气源并灭火，清理周边可燃物，配备灭火器两具后方可恢复作业",
    Label.SMOKE: "停机检查排烟及电气线路，清除积油，确认无复燃后恢复运行",
    Label.PERSON: "责令停止作业，补戴安全帽并进行班前安全教育，纳入班组考核",
}
RULES = {
    Label.FIRE: "《中华人民共和国消防法》第二十一条",
    Label.SMOKE: "《建设工程施工现场消防安全技术规范》GB 50720-2011 第 6.3.1 条",
    Label.PERSON: "《建筑施工安全检查标准》JGJ 59-2011 第 3.13.3 条",
}

Moment = tuple[datetime, int, Callable[[], None]]


class MadeUpClock:
    """The time is what the month says; each call lets a millisecond pass."""

    def __init__(self) -> None:
        self.now = datetime(2026, 9, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The present moment."""
        self.now += timedelta(milliseconds=1)
        return self.now

    def uptime(self) -> Uptime:
        """What a process would measure."""
        return Uptime("boot", self.now - datetime(1970, 1, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Scene:
    """A real picture and what is in it."""

    name: str
    rgb: RgbImage
    detections: tuple[Detection, ...]

    @property
    def danger(self) -> Label | None:
        """Its most urgent danger."""
        dangers = [one for one in by_urgency(self.detections) if one.hazard.is_danger]
        return dangers[0].hazard.label if dangers else None


@dataclass
class Month:
    """Makes the month."""

    service: Service
    clock: MadeUpClock
    fonts: FontFiles
    dice: random.Random
    scenes: dict[Label | None, list[Scene]]
    schedule: list[Moment] = field(default_factory=list)
    pictures: int = 0

    def at(self, moment: datetime, act: Callable[[], None]) -> None:
        """Plans something."""
        self.schedule.append((moment, len(self.schedule), act))

    def run(self) -> None:
        """Lets the month happen, also what is planned meanwhile."""
        while self.schedule:
            self.schedule.sort(key=lambda one: one[:2], reverse=True)
            moment, _, act = self.schedule.pop()
            self.clock.now = max(self.clock.now, moment.astimezone(UTC))
            act()

    def look(self, camera_id: str, scene: Scene, nearer: float, score: float) -> None:
        """A picture comes in and is inspected; ``nearer`` is the share that the zoom cuts off."""
        rgb, detections = zoomed(scene, nearer, score)
        moment = self.clock().astimezone(CHINA)
        name = f"{camera_id}-{moment:%Y%m%dT%H%M%S}.jpg"
        self.inspect(camera_id, name, encode_jpeg(rgb, 88), rgb, detections)

    def inspect(
        self,
        camera_id: str | None,
        name: str,
        data: bytes,
        rgb: RgbImage,
        detections: Sequence[Detection],
    ) -> str:
        """Accepts a picture and records what was found; returns the inspection's id."""
        self.pictures += 1
        inspections = self.service.inspections
        accepted = inspections.intake.accept(data, Submission(name, camera_id))
        (claim,) = inspections.jobs.claim("embedded", "month")
        verified = self.dice.random() < 0.6
        run = (
            DetectorRun("qwen", "Qwen/Qwen2.5-VL-7B-Instruct", prompt_version="zh-2")
            if verified
            else DetectorRun("embedded", "safety-embedded 2026.11-6")
        )
        drawn = encode_jpeg(annotate(rgb, detections, self.fonts, "zh"), 85)
        verdict = decide_verdict(detections, [run])
        finding = Finding(claim, by_urgency(detections), (run,), verdict, drawn)
        inspections.findings.record([finding])
        return accepted.id


def zoomed(scene: Scene, nearer: float, score: float) -> tuple[RgbImage, tuple[Detection, ...]]:
    """The scene's middle, enlarged to its size, with what is still in it."""
    height, width = scene.rgb.shape[:2]
    left, top = int(width * nearer / 2), int(height * nearer / 2)
    right, bottom = width - left, height - top
    rgb = resize(scene.rgb[top:bottom, left:right].copy(), ImageSize(width, height))
    across, down = width / (right - left), height / (bottom - top)
    found = []
    for one in scene.detections:
        x1, y1, x2, y2 = one.box.xyxy
        x1, x2 = ((min(max(x, left), right) - left) * across for x in (x1, x2))
        y1, y2 = ((min(max(y, top), bottom) - top) * down for y in (y1, y2))
        if x2 - x1 < 4 or y2 - y1 < 4:
            continue
        own = max(0.2, min(0.98, score + (one.score or 0.0) - 0.6))
        found.append(Detection(Box(x1, y1, x2, y2), one.hazard, round(own, 2)))
    return rgb, tuple(found)


def load_scenes(dice: random.Random) -> dict[Label | None, list[Scene]]:
    """The labelled pictures by their most urgent danger; None: those without any."""
    listing = json.loads((DATA / "annotations.json").read_text())
    boxes = defaultdict(list)
    for one in listing["annotations"]:
        if not one["iscrowd"]:
            boxes[one["image_id"]].append(one)
    scenes: dict[Label | None, list[Scene]] = defaultdict(list)
    for image in listing["images"]:
        data = (DATA / "images" / image["file_name"]).read_bytes()
        rgb = decode(data, read_header(data))
        own = size_of(rgb)
        largest = max(own.width, own.height)
        if largest > 1280:
            scale = 1280 / largest
            rgb = resize(rgb, ImageSize(round(own.width * scale), round(own.height * scale)))
        scale = size_of(rgb).width / image["width"]
        found = tuple(to_detections(boxes[image["id"]], scale, size_of(rgb), dice))
        scene = Scene(image["file_name"], rgb, found)
        if scene.danger is None and any(one.hazard.label is Label.FIRE for one in found):
            continue
        scenes[scene.danger].append(scene)
    return scenes


def to_detections(
    boxes: Sequence[dict[str, Any]], scale: float, size: ImageSize, dice: random.Random
) -> Iterator[Detection]:
    """Labels as a detector would find them; a head grows to head and shoulders."""
    heads = [one for one in boxes if one["category_id"] in (4, 5)]
    for one in heads or boxes:
        x, y, width, height = (value * scale for value in one["bbox"])
        box = Box(max(x, 0), max(y, 0), min(x + width, size.width), min(y + height, size.height))
        if box.width < 6 or box.height < 6:
            continue
        score = round(dice.uniform(0.5, 0.8), 2)
        category = one["category_id"]
        if category in (1, 2):
            share = box.width * box.height / (size.width * size.height)
            state = (
                SubLabel.SEVERE
                if share > 0.3
                else SubLabel.MODERATE
                if share > 0.06
                else SubLabel.MINOR
            )
            label = Label.FIRE if category == 1 else Label.SMOKE
            yield Detection(box, Hazard(label, state), score)
        elif category in (4, 5):
            worn = SubLabel.HELMET if category == 4 else SubLabel.NO_HELMET
            bottom = min(box.y2 + 2.2 * box.height, size.height)
            yield Detection(Box(box.x1, box.y1, box.x2, bottom), Hazard(Label.PERSON, worn), score)


def plan(month: Month, incidents: int) -> None:
    """Plans cameras, incidents, quiet looks and what people do."""
    create_cameras(month)
    plan_faults(month)
    free: dict[str, datetime] = {}
    dice = month.dice
    days = (UNTIL - SINCE).days
    for number in range(incidents):
        early = number % 9 == 0  # of the month before
        day = dice.randrange(days) - (days if early else 0)
        hour = min(23, max(0, int(dice.gauss(13.5, 4.0))))
        moment = SINCE + timedelta(days=day, hours=hour, seconds=dice.randrange(3600))
        camera_id = dice.choices([*CAMERAS], weights=[9, 4, 3, 7, 2, 3, 5, 10, 8, 1, 2, 3])[0]
        label = dice.choices([Label.FIRE, Label.SMOKE, Label.PERSON], weights=[3, 2, 7])[0]
        while camera_id in free and abs(free[camera_id] - moment) < timedelta(minutes=12):
            moment += timedelta(minutes=13)
        free[camera_id] = moment
        month.at(
            moment,
            lambda moment=moment, camera_id=camera_id, label=label: happen(
                month, moment, camera_id, label
            ),
        )
    for day in range(days):
        for camera_id in CAMERAS:
            moment = SINCE + timedelta(days=day, hours=dice.uniform(0, 24))
            if not (camera_id == "parking" and 11 <= day <= 16):
                month.at(moment, lambda camera_id=camera_id: empty_look(month, camera_id))


def create_cameras(month: Month) -> None:
    """The plant's cameras, two months before."""
    month.clock.now = datetime(2026, 9, 20, tzinfo=UTC)
    records = month.service.cameras.records
    for camera_id, (name, zone) in CAMERAS.items():
        zones = (Zone("z1", zone, WHOLE),) if zone else ()
        rules = CameraRules(zones=zones)
        records.create(CameraSettings(name, rules=rules), camera_id)
    records.create(CameraSettings(SILENT[1]), SILENT[0])


FAULTS = (
    ("parking", Fault.COVERED, 11.2, 16.4),
    ("roof-east", Fault.BLURRED, 3.5, 4.1),
    ("crane-yard", Fault.MOVED, 22.9, None),
)
"""Of cameras: which, what, and from which day of the month to which."""


def plan_faults(month: Month) -> None:
    """Plans what is wrong with cameras."""
    told = FaultIncidents(lambda *_: None)
    database = month.service.database

    def begin(camera_id: str, fault: Fault, since: datetime) -> None:
        unexplained = "-unexplained" if fault is Fault.COVERED else ""
        reason = Reason(f"camera-fault-{fault.value}{unexplained}")
        with database.write() as connection:
            told.begin(connection, camera_id, fault, Spell(since, month.clock.now, reason))

    def end(camera_id: str, fault: Fault) -> None:
        with database.write() as connection:
            told.end(connection, camera_id, fault, month.clock.now)

    for camera_id, fault, first, last in FAULTS:
        since = SINCE + timedelta(days=first - 1)
        month.at(since, partial(begin, camera_id, fault, since))
        if last is not None:
            month.at(SINCE + timedelta(days=last - 1), partial(end, camera_id, fault))


def empty_look(month: Month, camera_id: str) -> None:
    """A picture in which nothing is found."""
    scene = month.dice.choice(month.scenes[None])
    month.look(camera_id, scene, 0.0, 0.7)


def happen(month: Month, moment: datetime, camera_id: str, label: Label) -> None:
    """An incident: some looks that grow nearer, looks without it, and what people do then."""
    dice = month.dice
    scene = dice.choice(month.scenes[label])
    looks = dice.randint(4, 6)
    for number in range(looks):
        nearer, score = 0.06 * number, 0.55 + 0.06 * number
        at = moment + timedelta(seconds=10 * number)
        month.at(at, lambda n=nearer, s=score: month.look(camera_id, scene, n, s))
    after = moment + timedelta(seconds=10 * looks)
    month.at(after, lambda: follow_up(month, moment, camera_id, label))
    calm = month.dice.choice(month.scenes[None])
    for number in range(1, 14):
        at = after + timedelta(seconds=30 * number)
        month.at(at, lambda: month.look(camera_id, calm, 0.0, 0.7))


def follow_up(month: Month, moment: datetime, camera_id: str, label: Label) -> None:
    """Plans what people do about the incident that opened."""
    found = [
        one
        for one in month.service.incidents.periods.opened(
            IncidentFilter(camera_id=camera_id, since=moment, until=moment + timedelta(minutes=2))
        )
        if not one.is_of_camera
    ]
    for one in found:
        Handling(month, one.id, label).plan()


@dataclass(frozen=True)
class Handling:
    """What people do about one incident, act after act."""

    month: Month
    incident_id: str
    label: Label

    def plan(self) -> None:
        """Plans all of it: somebody responds, and then it is closed, or stays on the way."""
        dice = self.month.dice
        judge = Actor(dice.choice(JUDGES))
        at = self.month.clock.now + timedelta(seconds=dice.lognormvariate(5.0, 1.1))
        fate = dice.random()
        if fate < 0.03:
            return
        self._act(at, NewAct(ActKind.ACKNOWLEDGE), judge)
        at += timedelta(minutes=dice.uniform(1, 50))
        if fate < 0.06:
            return
        if fate < 0.25:
            self._act(at, NewAct(ActKind.DISMISS, dice.choice(REASONS)), judge)
            if dice.random() < 0.7:
                self._act(at + timedelta(hours=2), NewAct(ActKind.CLOSE), judge)
            return
        self._act(at, NewAct(ActKind.CONFIRM), judge)
        if fate >= 0.30:
            self._rectify(at, judge, fate)

    def _act(self, at: datetime, wanted: NewAct, by: Actor) -> None:
        acts = self.month.service.incidents.acts
        self.month.at(at, lambda: acts.do(self.incident_id, wanted, by) and None)

    def _rectify(self, at: datetime, judge: Actor, fate: float) -> None:
        """It is ranked and assigned; what then becomes of it is fate's."""
        dice = self.month.dice
        is_major = self.label is Label.FIRE and dice.random() < 0.3
        changed = {
            "level": (Level.MAJOR if is_major else Level.GENERAL).value,
            "basis": RULES[self.label],
        }
        if dice.random() < 0.3:
            changed["description"] = "作业人员未按规定采取防护措施，现场无人监护"
            changed["location"] = dice.choice(["二层东侧平台", "3 号通道入口", "配电柜旁"])
        describe = NewAct(ActKind.DESCRIBE, changed=changed)
        self._act(at + timedelta(minutes=1), describe, judge)
        unit = dice.choice([*UNITS])
        person = dice.choice(UNITS[unit])
        due = at + timedelta(days=dice.choice([1, 1, 3, 3, 7]))
        plan = None if self.label is Label.PERSON else "《火灾事故专项应急预案》"
        assign = NewAct(
            ActKind.ASSIGN,
            assignee=person,
            responsible_unit=unit,
            measure=MEASURES[self.label],
            funds=f"{dice.choice([200, 800, 2000, 12000]):,} 元" if dice.random() < 0.5 else None,
            due_at=due,
            contingency_plan=plan,
        )
        at += timedelta(minutes=dice.uniform(2, 90))
        self._act(at, assign, judge)
        if fate >= 0.42:
            at += (due - at) * dice.uniform(0.1, 1.3)
            self._verify(at, Actor(person), judge, fate)

    def _verify(self, at: datetime, worker: Actor, judge: Actor, fate: float) -> None:
        """It is put right, looked at by somebody else, perhaps not accepted, and closed."""
        dice = self.month.dice
        verifier = Actor(dice.choice(VERIFIERS))
        self.month.at(at, lambda: self._done(worker))
        if fate < 0.48:
            return
        at += timedelta(hours=dice.uniform(2, 20))
        if fate < 0.52:
            self._act(at, NewAct(ActKind.REJECT, "现场仍有可燃物未清理，重新整改"), verifier)
            at += timedelta(hours=30)
            self.month.at(at, lambda: self._done(worker))
            at += timedelta(hours=5)
        self._act(at, NewAct(ActKind.VERIFY, "现场复查，已整改到位"), verifier)
        if fate < 0.55:
            return
        self._act(at + timedelta(hours=dice.uniform(1, 8)), NewAct(ActKind.CLOSE), verifier)
        if fate > 0.98:
            self._act(at + timedelta(hours=33), NewAct(ActKind.REOPEN, "次日再次发现"), judge)

    def _done(self, worker: Actor) -> None:
        """Submits a picture of what was put right, and says so."""
        month = self.month
        scene = month.dice.choice(month.scenes[None])
        name = f"整改后-{scene.name}"
        accepted = month.inspect(
            None, name, encode_jpeg(scene.rgb, 88), scene.rgb, scene.detections
        )
        text = "已按要求完成整改，现场清理完毕"
        done = NewAct(ActKind.RECTIFY, text, inspection_id=accepted)
        month.service.incidents.acts.do(self.incident_id, done, worker)


def make_month(folder: Path, incidents: int, seed: int) -> Service:
    """A data folder with the month in it; one that has it stays as it is."""
    is_made = folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    database = Database(sqlite_url(folder / "safety-detector.db"))
    migrate(database)
    storage = Storage(folder)
    storage.prepare()
    clock = MadeUpClock()
    service = build_service(
        database,
        storage,
        limits=Limits(),
        default_backend="embedded",
        wake_up=lambda _: None,
        lease=timedelta(minutes=5),
        clock=clock,
        zone=CHINA,
        uptime=clock.uptime,
        counted_at_once=timedelta.max,
    )
    if is_made:
        clock.now = MADE_AT.astimezone(UTC)
        return service
    begun = time.perf_counter()
    dice = random.Random(seed)
    month = Month(service, clock, find_fonts(), dice, load_scenes(dice))
    plan(month, incidents)
    month.at(MADE_AT, lambda: None)
    month.run()
    print(f"made in {time.perf_counter() - begun:.0f} s: {month.pictures:,} pictures")
    return service


def noticed(service: Service) -> tuple[str, ...]:
    """Incidents for notices: one that is closed, one that is assigned, one that nobody saw yet."""
    found = service.incidents.periods.opened(IncidentFilter(since=SINCE, until=UNTIL))
    hazards = [one for one in found if not one.is_of_camera]
    hazards = [one for one in hazards if one.review is not Review.FALSE_ALARM]
    states = (HandlingState.CLOSED, HandlingState.ASSIGNED, HandlingState.OPEN)
    return tuple(
        next(one.id for one in hazards if one.state is state)
        for state in states
        if any(one.state is state for one in hazards)
    )


def main() -> int:
    """Makes the month and its reports; 1 if two of the same order differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--incidents", type=int, default=330, help="hazards that are planned")
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep data and reports there")
    parser.add_argument("--draw", action="store_true", help="draw every page as PNG")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="month-report-") as temporary:
        folder = options.keep or Path(temporary)
        service = make_month(folder / "data", options.incidents, options.seed)
        with closing(service.database):
            return report(service, folder, draw=options.draw)


def report(service: Service, folder: Path, *, draw: bool) -> int:
    """Writes the reports and prints a line for each; 1 if the same order gave other bytes."""
    common = {"about": ReportSubject.INCIDENTS, "site": "华东二号厂区"}
    period = ReportOrder(since=SINCE, until=UNTIL, **common)
    orders = {
        "month": period,
        "fires": ReportOrder(since=SINCE, until=UNTIL, hazard=IncidentHazard.FIRE, **common),
        "notices": ReportOrder(notices=noticed(service), **common),
        "nothing": ReportOrder(
            since=UNTIL, until=UNTIL + timedelta(days=1), camera_id="canteen", **common
        ),
    }
    press = ReportPress(service, find_fonts(), CHINA)
    equal = True
    print(f"{'report':<14}{'incidents':>10}{'files':>7}{'pages':>7}{'MB':>7}{'seconds':>9}  same")
    for name, order in orders.items():
        languages: tuple[Language, ...] = ("zh", "en")
        for language in languages:
            path = folder / f"{name}-{language}.pdf"
            begun = time.perf_counter()
            written = press.write(path, order, MADE_AT, language)
            took = time.perf_counter() - begun
            with tempfile.TemporaryDirectory(prefix="month-report-again-") as again:
                same = press.write(Path(again) / path.name, order, MADE_AT, language).paths
                is_same = [digest(one) for one in written.paths] == [digest(one) for one in same]
            equal = equal and is_same
            pages = sum(len(pypdf.PdfReader(one).pages) for one in written.paths)
            size = sum(one.stat().st_size for one in written.paths) / 1e6
            print(
                f"{path.stem:<14}{written.sheets:>10}{len(written.paths):>7}{pages:>7}{size:>7.1f}"
                f"{took:>9.1f}  {'yes' if is_same else 'NO'}"
            )
            if draw:
                for one in written.paths:
                    draw_pages(one)
    return 0 if equal else 1


def digest(path: Path) -> str:
    """Of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def draw_pages(path: Path) -> None:
    """Every page as PNG beside the file."""
    folder = path.with_suffix("")
    folder.mkdir(exist_ok=True)
    with closing(pypdfium2.PdfDocument(path)) as document:
        for number in range(len(document)):
            picture = document[number].render(scale=100 / 72).to_pil()
            picture.save(folder / f"{number + 1:03}.png")


if __name__ == "__main__":
    sys.exit(main())
