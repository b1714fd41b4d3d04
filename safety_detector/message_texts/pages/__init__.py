"""What stands on the pages of the console: a module a page, and one of what several show."""

from __future__ import annotations

from safety_detector.message_texts.pages.alerts import ALERTS
from safety_detector.message_texts.pages.batches import BATCHES
from safety_detector.message_texts.pages.cameras import CAMERAS_PAGES
from safety_detector.message_texts.pages.every_page import EVERY_PAGE
from safety_detector.message_texts.pages.incidents import INCIDENTS
from safety_detector.message_texts.pages.picture import PICTURE
from safety_detector.message_texts.pages.pictures import PICTURES
from safety_detector.message_texts.pages.reports import REPORTS
from safety_detector.message_texts.pages.review import REVIEW
from safety_detector.message_texts.pages.system import SYSTEM
from safety_detector.message_texts.pages.wall import WALL
from safety_detector.message_texts.phrase import Phrase

PAGES: dict[str, Phrase] = {
    **EVERY_PAGE,
    **ALERTS,
    **PICTURE,
    **PICTURES,
    **BATCHES,
    **REPORTS,
    **REVIEW,
    **SYSTEM,
    **INCIDENTS,
    **WALL,
    **CAMERAS_PAGES,
}
"""A new page's texts are added here."""
