"""The reliability curves of a calibration as one SVG that any browser opens.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from safety_detector.evaluation.calibration import (
    FEWEST_BOXES,
    Calibration,
    ClassCalibration,
    Curve,
)

_SIDE = 240  # of one class's square, in pixels
_LEFT, _TOP, _RIGHT, _BOTTOM = 52, 74, 20, 48  # around it
_ACROSS = 3
_HEAD, _FOOT = 64, 34
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_LEAST_RADIUS, _MOST_RADIUS = 2.5, 6.0

_STYLE = """\
text{font:12px system-ui,-apple-system,"Segoe UI","Noto Sans CJK SC",sans-serif;fill:#1d2733}
.title{font-size:17px;font-weight:600}.name{font-size:14px;font-weight:600}.note{fill:#5a6672}
.grid{stroke:#e3e7eb}.edge{stroke:#9aa5b1;fill:none}.even{stroke:#9aa5b1;stroke-dasharray:4 4}
.curve{stroke:#1056c8;stroke-width:2.5;fill:none;stroke-linejoin:round}
.bin{fill:#c81018}.span{stroke:#c81018;stroke-width:1.5;opacity:.55}"""


def draw_reliability(calibration: Calibration) -> str:
    """A square for each class: across the score, upwards the share of detections that were right.

    Dots are bins of equally many detections, larger where there are more, with the 95 % interval of
    their share; the line is the table's curve.  On the dashed diagonal a score would be the share.
    """
    classes = calibration.classes
    across = min(len(classes), _ACROSS)
    rows = -(-len(classes) // _ACROSS)
    cell_width, cell_height = _LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BOTTOM
    width = max(across * cell_width, 2 * cell_width)
    height = _HEAD + rows * cell_height + _FOOT
    place = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    pieces = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {place} role="img">',
        f"<title>Reliability of scores</title><style>{_STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        _text(_LEFT, 28, "What scores were worth", "title"),
        _text(_LEFT, 48, f"{calibration.judged_by}; {calibration.pictures} pictures", "note"),
    ]
    for number, one in enumerate(classes):
        left = (number % _ACROSS) * cell_width + _LEFT
        top = _HEAD + (number // _ACROSS) * cell_height + _TOP
        pieces += _square(left, top, one)
    legend = (
        "Dots: detections with neighbouring scores, and the 95 % interval of their share. "
        "Line: the table."
    )
    pieces += [_text(_LEFT, height - 14, legend, "note"), "</svg>\n"]
    return "\n".join(pieces)


def _square(left: float, top: float, one: ClassCalibration) -> Iterator[str]:
    yield _text(left, top - 50, one.kind.value.replace("_", " "), "name")
    yield _text(left, top - 32, f"{one.right} of {one.boxes} right", "note")
    yield _text(left, top - 14, _errors_line(one), "note")
    for tick in _TICKS:
        x, y = _at(left, top, tick, tick)
        yield f'<line class="grid" x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{top + _SIDE}"/>'
        yield f'<line class="grid" x1="{left}" y1="{y:.1f}" x2="{left + _SIDE}" y2="{y:.1f}"/>'
        yield _text(x, top + _SIDE + 18, f"{tick:g}", "note", "middle")
        yield _text(left - 8, y + 4, f"{tick:g}", "note", "end")
    yield f'<rect class="edge" x="{left}" y="{top}" width="{_SIDE}" height="{_SIDE}"/>'
    yield f'<line class="even" x1="{left}" y1="{top + _SIDE}" x2="{left + _SIDE}" y2="{top}"/>'
    yield _text(left + _SIDE / 2, top + _SIDE + 36, "score", "note", "middle")
    turned = f"translate({left - 38:.1f} {top + _SIDE / 2:.1f}) rotate(-90)"
    yield f'<text class="note" text-anchor="middle" transform="{turned}">share right</text>'
    most = max((each.boxes for each in one.bins), default=1)
    for each in one.bins:
        x, y = _at(left, top, each.mean, each.share)
        _, low = _at(left, top, 0, each.interval[0])
        _, high = _at(left, top, 0, each.interval[1])
        radius = _LEAST_RADIUS + (_MOST_RADIUS - _LEAST_RADIUS) * (each.boxes / most) ** 0.5
        yield f'<line class="span" x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}"/>'
        yield f'<circle class="bin" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'
    if one.curve:
        yield f'<polyline class="curve" points="{_points(left, top, _whole(one))}"/>'


def _whole(one: ClassCalibration) -> Curve:
    """The curve to the ends of the scores that were seen, where it is level."""
    first, last = one.curve[0], one.curve[-1]
    return ((one.bins[0].lowest, first[1]), *one.curve, (one.bins[-1].highest, last[1]))


def _errors_line(one: ClassCalibration) -> str:
    if one.after is None:
        return f"fewer than {FEWEST_BOXES}: left out" if not one.curve else "left out: one group"
    before, after = one.before.calibration, one.after.calibration
    left_out = "; left out" if one.left_out else ""
    return f"off by {before:.3f}, with the table by {after:.3f}{left_out}"


def _points(left: float, top: float, curve: Sequence[tuple[float, float]]) -> str:
    return " ".join(
        f"{x:.1f},{y:.1f}" for x, y in (_at(left, top, score, share) for score, share in curve)
    )


def _at(left: float, top: float, score: float, share: float) -> tuple[float, float]:
    return left + score * _SIDE, top + (1 - share) * _SIDE


def _text(x: float, y: float, text: str, style: str, anchor: str = "start") -> str:
    place = f'class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f"<text {place}>{escape(text)}</text>"
