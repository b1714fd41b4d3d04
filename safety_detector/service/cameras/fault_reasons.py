"""What is said of a camera's fault when it opens."""

from __future__ import annotations

from datetime import timedelta

from safety_detector.domain.camera_health import FROZEN_AFTER, CameraState, Fault
from safety_detector.message_texts.reason import Reason
from safety_detector.service.cameras.scenes import Scene


def fault_reason(
    fault: Fault,
    state: CameraState,
    scene: Scene | None,
    clock_ahead: timedelta | None,
    why: Reason | None,
) -> Reason:
    """What was seen of a fault that opens."""
    if fault is Fault.SILENT:
        if why is not None:
            return Reason.of("camera-fault-silent-because", reason=why)
        return Reason(
            "camera-fault-never-seen" if state.last_frame_at is None else "camera-fault-silent"
        )
    if fault is Fault.REFUSED and why is not None:
        return Reason.of("camera-fault-refused", reason=why)
    if fault is Fault.FROZEN:
        return Reason.of("camera-fault-frozen", minutes=round(FROZEN_AFTER.total_seconds() / 60))
    if fault is Fault.CLOCK and clock_ahead is not None:
        seconds = round(clock_ahead.total_seconds())
        if seconds > 0:
            return Reason.of("camera-fault-clock-ahead", seconds=seconds)
        return Reason.of("camera-fault-clock-behind", seconds=-seconds)
    if scene is not None and scene.reason is not None:
        if fault is Fault.DARK:
            return Reason.of("camera-fault-dark", reason=scene.reason)
        if fault is Fault.COVERED:
            return Reason.of("camera-fault-covered", reason=scene.reason)
    return _UNEXPLAINED[fault]


_UNEXPLAINED = {
    Fault.SILENT: Reason("camera-fault-silent"),
    Fault.FROZEN: Reason.of("camera-fault-frozen", minutes=5),
    Fault.DARK: Reason("camera-fault-dark-unexplained"),
    Fault.COVERED: Reason("camera-fault-covered-unexplained"),
    Fault.BLURRED: Reason("camera-fault-blurred"),
    Fault.MOVED: Reason("camera-fault-moved"),
    Fault.CLOCK: Reason("camera-fault-clock-unexplained"),
    Fault.REFUSED: Reason("camera-fault-refused-unexplained"),
}
