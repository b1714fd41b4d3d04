"""What the database says, as Prometheus metrics."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from safety_detector.service.cameras.watchers import Watchers
from safety_detector.service.folders.folders import Folders
from safety_detector.service.folders.records import ReadingStatus
from safety_detector.service.operation.clock_skew import ClockSkew
from safety_detector.service.operation.figures import Figures
from safety_detector.service.operation.work_counters import (
    ASKED,
    FOUND,
    PICTURES,
    ROLES,
    STAGES,
    TOKENS,
    VERDICTS,
    WatchCount,
)
from safety_detector.service.records import Camera, Counters, Health
from safety_detector.service.retention.age_clock import AgeClock, GapKind
from safety_detector.storage.storage import Storage

FRAME_OUTCOMES = ("inspected", "unchanged", "skipped", "replaced", "refused")

_MOST_CAMERAS = 1000  # each is eleven series and its faults; safety_cameras tells of more


def service_metrics(figures: Figures) -> Iterator[Metric]:
    """Counters that reconcile, the queue's state, outages and workers.

    ``safety_inspections_accepted_total`` is the sum of ``safety_inspections`` over all states;
    ``safety_inspections_lost`` is what is missing, and is 0.  ``safety_inspections_ended_total``
    counts ends: an inspection that is purged later keeps its place there, and one that failed and
    is queued again ends once more.
    """
    standing = figures.standing()
    yield from _inspections(standing.counters)
    yield from _frames(standing.counters)
    yield from _queue(standing.health)
    yield from _work(standing.measured)
    yield GaugeMetricFamily(
        "safety_orphan_files",
        "Files that no row of the database tells of; safety-detector purge --orphans removes them",
        value=standing.orphan_files,
    )
    yield CounterMetricFamily(
        "safety_foreign_messages",
        "Messages in the broker's queues that were no wake-ups of this service, and were dropped",
        value=figures.foreign_messages(),
    )


def clock_metrics(age_clock: AgeClock, clock_skew: ClockSkew) -> Iterator[Metric]:
    """How far clocks are off, and time that ages do not count."""
    skews = GaugeMetricFamily(
        "safety_clock_ahead_seconds",
        "How far the clock of a process is ahead of the PostgreSQL server's",
        labels=["process"],
    )
    for skew in clock_skew.measured():
        skews.add_metric([skew.process], skew.ahead.total_seconds())
    yield skews
    uncounted = GaugeMetricFamily(
        "safety_uncounted_seconds",
        "Time of the clock by which nothing grows older: of stops not yet, of steps not at all",
        labels=["kind"],
    )
    gaps = age_clock.gaps()
    for kind in GapKind:
        lengths = (gap.length.total_seconds() for gap in gaps if gap.kind is kind)
        uncounted.add_metric([kind.value], sum(lengths))
    yield uncounted


def folder_metrics(folders: Folders) -> Iterator[Metric]:
    """Folders on the server that are read into batches, and what became of their files."""
    figures = folders.figures()
    readings = GaugeMetricFamily(
        "safety_folder_readings", "Folders that were to be read into batches", labels=["status"]
    )
    for status in ReadingStatus:
        readings.add_metric([status.value], figures.readings.get(status, 0))
    yield readings
    files = CounterMetricFamily(
        "safety_folder_files", "Files of these folders, but for skipped ones", labels=["outcome"]
    )
    files.add_metric(["accepted"], figures.accepted)
    files.add_metric(["rejected"], figures.rejected)
    yield files


def watch_metrics(figures: Figures, watchers: Watchers) -> Iterator[Metric]:
    """Cameras that are watched, and what watchers did with them as of their last signs of life."""
    standing = watchers.standing()
    yield GaugeMetricFamily(
        "safety_watch_watchers",
        "Processes that watch cameras and gave a sign of life lately",
        value=len(standing.watchers),
    )
    yield GaugeMetricFamily(
        "safety_watch_slots",
        "Cameras that they can hold",
        value=sum(one.slots for one in standing.watchers),
    )
    cameras = GaugeMetricFamily(
        "safety_watch_cameras",
        "Cameras that are to be watched: held by a watcher, or waiting for one",
        labels=["state"],
    )
    cameras.add_metric(["held"], standing.held)
    cameras.add_metric(["waiting"], standing.waiting)
    yield cameras
    yield GaugeMetricFamily(
        "safety_watch_connected", "Held cameras whose pictures come", value=standing.connected
    )
    counts = figures.watch_counts()
    frames = CounterMetricFamily(
        "safety_watch_frames",
        "Frames that watchers pulled: handed over, refused as no pictures, or dropped",
        labels=["outcome"],
    )
    for what in (WatchCount.TAKEN, WatchCount.REFUSED, WatchCount.DROPPED):
        frames.add_metric([what.value.partition(":")[2]], counts.get(what, 0))
    yield frames
    yield CounterMetricFamily(
        "safety_watch_connects",
        "How often a camera's first picture came after it was opened",
        value=counts.get(WatchCount.OPENED, 0),
    )
    yield CounterMetricFamily(
        "safety_watch_failures",
        "How often a camera's stream ended or could not be opened; each is tried again",
        value=counts.get(WatchCount.FAILED, 0),
    )


def _inspections(counters: Counters) -> Iterator[Metric]:
    yield CounterMetricFamily(
        "safety_inspections_accepted", "Pictures accepted", value=counters.accepted
    )
    states = GaugeMetricFamily(
        "safety_inspections", "Accepted pictures by what has become of them", labels=["state"]
    )
    for state in ("queued", "running", "completed", "failed", "purged", "replaced"):
        states.add_metric([state], getattr(counters, state))
    yield states
    ended = CounterMetricFamily(
        "safety_inspections_ended", "How often an inspection ended", labels=["outcome"]
    )
    ended.add_metric(["completed"], counters.ever_completed)
    ended.add_metric(["failed"], counters.ever_failed)
    ended.add_metric(["replaced"], counters.replaced)
    yield ended
    yield CounterMetricFamily(
        "safety_inspections_purged", "Removed by retention", value=counters.purged
    )
    yield CounterMetricFamily(
        "safety_inspections_requeued", "Failed, and queued again", value=counters.requeued
    )
    in_flight = GaugeMetricFamily(
        "safety_inspections_in_flight", "Accepted and not ended", labels=["status"]
    )
    in_flight.add_metric(["queued"], counters.queued)
    in_flight.add_metric(["running"], counters.running)
    yield in_flight
    yield GaugeMetricFamily(
        "safety_inspections_lost", "Accepted, and neither ended nor in flight", value=counters.lost
    )


def _frames(counters: Counters) -> Iterator[Metric]:
    frames = counters.frames
    yield CounterMetricFamily("safety_frames_received", "Frames pushed", value=frames.received)
    ended = CounterMetricFamily(
        "safety_frames_ended", "Pushed frames by what became of them", labels=["outcome"]
    )
    for outcome in FRAME_OUTCOMES:
        ended.add_metric([outcome], getattr(frames, outcome))
    yield ended
    yield GaugeMetricFamily(
        "safety_frames_in_flight", "Accepted frames that are not ended", value=frames.in_flight
    )


def _queue(health: Health) -> Iterator[Metric]:
    outages = GaugeMetricFamily(
        "safety_model_outage_since_seconds",
        "When the model could not be reached first, as Unix time; absent while it can",
        labels=["backend"],
    )
    for outage in health.outages:
        outages.add_metric([outage.backend], outage.since.timestamp())
    yield outages
    slots = GaugeMetricFamily(
        "safety_worker_slots",
        "Pictures that the workers can have in hand",
        labels=["queue"],
    )
    by_queue: dict[str, int] = {}
    for worker in health.workers:
        by_queue[worker.queue] = by_queue.get(worker.queue, 0) + worker.slots
    for queue, total in by_queue.items():
        slots.add_metric([queue], total)
    yield slots
    if health.oldest_due_at is not None:
        yield GaugeMetricFamily(
            "safety_oldest_due_seconds",
            "Since when the longest waiting claimable picture waits, as Unix time",
            value=health.oldest_due_at.timestamp(),
        )


def _work(measured: Mapping[tuple[str, str, str], int]) -> Iterator[Metric]:
    """What the workers did, as of their last signs of life."""
    pictures = CounterMetricFamily(
        "safety_worker_pictures",
        "Claimed pictures by what the worker did with them",
        labels=["backend", "outcome"],
    )
    stages = CounterMetricFamily(
        "safety_worker_stage_seconds",
        "Time that inspected pictures spent in each stage",
        labels=["backend", "stage"],
    )
    tokens = CounterMetricFamily(
        "safety_model_tokens", "Tokens of the language model", labels=["backend", "kind"]
    )
    verdicts = CounterMetricFamily(
        "safety_verdicts",
        "Inspected pictures by their verdict, and by who looked at the whole picture",
        labels=["backend", "verdict"],
    )
    detections = CounterMetricFamily(
        "safety_detections",
        "Detections in inspected pictures",
        labels=["backend", "label", "sub_label"],
    )
    roles = CounterMetricFamily(
        "safety_detector_runs",
        "Looks at whole pictures by what they were for, and whether they gave a result; "
        "`left_out`: the turn to be shown whole had no room",
        labels=["backend", "role", "outcome"],
    )
    asked = CounterMetricFamily(
        "safety_second_looks",
        "Suspected places by what the language model said of them; `standing`: said earlier; "
        "`left_out_…`: not asked, and why",
        labels=["backend", "answer"],
    )
    for (kind, backend, what), total in sorted(measured.items()):
        if kind == ROLES:
            roles.add_metric([backend, *what.split(".")], total)
        elif kind == ASKED:
            asked.add_metric([backend, what], total)
        elif kind == PICTURES:
            pictures.add_metric([backend, what], total)
        elif kind == STAGES:
            stages.add_metric([backend, what], total / 1e6)
        elif kind == TOKENS:
            tokens.add_metric([backend, what], total)
        elif kind == VERDICTS:
            verdicts.add_metric([backend, what], total)
        elif kind == FOUND:
            detections.add_metric([backend, *what.split(".")], total)
    yield from (pictures, stages, tokens, verdicts, detections, roles, asked)


def camera_metrics(cameras: Sequence[Camera]) -> Iterator[Metric]:
    """What each camera sent and what became of it, of the first thousand by their ids."""
    yield GaugeMetricFamily("safety_cameras", "Cameras that are known", value=len(cameras))
    enabled = GaugeMetricFamily(
        "safety_camera_enabled", "1 while the camera's frames are taken", labels=["camera"]
    )
    created = GaugeMetricFamily(
        "safety_camera_created_seconds", "When it was added, as Unix time", labels=["camera"]
    )
    newest = GaugeMetricFamily(
        "safety_camera_newest_frame_seconds",
        "When its newest accepted frame arrived, as Unix time; absent while there was none",
        labels=["camera"],
    )
    faults = GaugeMetricFamily(
        "safety_camera_fault_since_seconds",
        "Since when the camera has the fault, as Unix time; absent while it has not",
        labels=["camera", "fault"],
    )
    received = CounterMetricFamily(
        "safety_camera_frames_received", "Frames that it pushed", labels=["camera"]
    )
    ended = CounterMetricFamily(
        "safety_camera_frames_ended",
        "Its frames by what became of them",
        labels=["camera", "outcome"],
    )
    for camera in cameras[:_MOST_CAMERAS]:
        enabled.add_metric([camera.id], camera.enabled)
        created.add_metric([camera.id], camera.created_at.timestamp())
        if camera.newest_frame_at is not None:
            newest.add_metric([camera.id], camera.newest_frame_at.timestamp())
        for one in camera.faults:
            faults.add_metric([camera.id, one.fault.value], one.since.timestamp())
        received.add_metric([camera.id], camera.frames.received)
        for outcome in FRAME_OUTCOMES:
            ended.add_metric([camera.id, outcome], getattr(camera.frames, outcome))
    yield from (enabled, created, newest, faults, received, ended)


def disk_metrics(storage: Storage) -> Iterator[Metric]:
    """Room on the file system of the data folder; nothing while it cannot be asked."""
    try:
        usage, room = shutil.disk_usage(storage.root), storage.room.look()
        reserve = storage.room.reserved_bytes()
    except OSError:
        return
    kept = [
        ("min_free_bytes", "Bytes below which nothing new is accepted", room.min_free_bytes),
        ("reserve_bytes", "Bytes that are given up when the disk is full", reserve),
    ]
    if room.free_files is not None:
        kept.append(("free_files", "Files that can still be made there", room.free_files))
    for name, help_text, value in kept:
        yield GaugeMetricFamily(f"safety_disk_{name}", help_text, value=value)
    for name, help_text, value in (
        ("size", "Bytes of the data folder's file system", usage.total),
        ("used", "Bytes that are used on the data folder's file system, by whatever", usage.used),
        ("free", "Bytes that the program can still use there", usage.free),
    ):
        yield GaugeMetricFamily(f"safety_disk_{name}_bytes", help_text, value=value)
