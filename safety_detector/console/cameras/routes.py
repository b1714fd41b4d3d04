"""All pages of cameras."""

from __future__ import annotations

from safety_detector.console.cameras import (
    acting,
    areas,
    hours,
    opening,
    permits,
    showing,
    sources,
)

ROUTERS = (
    showing.router,
    sources.router,
    acting.router,
    areas.router,
    hours.router,
    opening.router,
    permits.router,
)
