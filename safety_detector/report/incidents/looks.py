"""What incidents look like by how they stand: colour, field, and a shape for prints in grey."""

from __future__ import annotations

from reportlab.lib.colors import Color, HexColor

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.outcomes import Outcome
from safety_detector.report import style
from safety_detector.report.charts import Paint, hazard_paint
from safety_detector.report.incidents.contents import Standing

COLOURS: dict[Standing, Color] = {
    Standing.OPEN: style.AMBER,
    Standing.OVERDUE: style.HAZARD_RED,
    Standing.CLOSED: style.CLEAR_GREEN,
    Standing.FALSE_ALARM: style.GREY,
}
PANELS: dict[Standing, Color] = {
    Standing.OPEN: style.OUTCOME_PANELS[Outcome.INCONCLUSIVE],
    Standing.OVERDUE: style.OUTCOME_PANELS[Outcome.HAZARD],
    Standing.CLOSED: style.OUTCOME_PANELS[Outcome.CLEAR],
    Standing.FALSE_ALARM: style.PANEL,
}
SIGNS: dict[Standing, str] = {
    Standing.OPEN: "◆",
    Standing.OVERDUE: "▲",
    Standing.CLOSED: "●",
    Standing.FALSE_ALARM: "○",
}
PAINTS: dict[Standing, Paint] = {
    Standing.OPEN: Paint(HexColor("#E8B44A")),
    Standing.OVERDUE: Paint(style.HAZARD_RED),
    Standing.CLOSED: Paint(HexColor("#7DB894")),
    Standing.FALSE_ALARM: Paint(style.WHITE, style.GREY),
}
HAZARD_PAINTS: dict[WatchedHazard, Paint] = {
    WatchedHazard.FIRE: Paint(style.LABEL_COLOURS[Label.FIRE]),
    WatchedHazard.SMOKE: Paint(style.LABEL_COLOURS[Label.SMOKE]),
    WatchedHazard.NO_HELMET: hazard_paint(Hazard(Label.PERSON, SubLabel.NO_HELMET)),
}
