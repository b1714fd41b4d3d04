"""What is left out of folders and archives, before anybody looks at it.

One rule for a folder, a zip and a folder on the server: what begins with a dot, and what systems
and network drives keep for themselves, is nobody's evidence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate

HIDDEN, EXCLUDED, OUTPUTS = "hidden", "excluded", "outputs"
"""Why something is left out, as it is counted."""

_SYSTEM_NAMES = frozenset(
    # Windows, macOS (outside of names with a dot), Linux
    {"thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "recycler", "lost+found"}
    | {"system volume information", "__macosx", "network trash folder", "temporary items"}
    # Synology, QNAP, NetApp: thumbnails, deleted files, earlier states
    | {"@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "@tmp", "~snapshot"}
)


def is_hidden(name: str) -> bool:
    """Whether a file or folder of that name is left out unless somebody asks for it."""
    if name.startswith("."):
        return name not in (".", "..")
    return name.lower() in _SYSTEM_NAMES


@dataclass(frozen=True, slots=True)
class Selection:
    """What is left out.

    Attributes:
        patterns: of relative paths.
        name_patterns: of single names anywhere on them.
        with_hidden: whether hidden files and folders are taken as well.
    """

    patterns: tuple[re.Pattern[str], ...] = ()
    name_patterns: tuple[re.Pattern[str], ...] = ()
    with_hidden: bool = False

    def reason(self, path: str) -> str | None:
        """Why a file or folder is left out, whose folders are not; None if it is taken.

        Args:
            path: relative, with slashes.
        """
        return self._reason(path.rpartition("/")[2], path)

    def reason_on_the_way(self, path: str) -> str | None:
        """The same for a path whose folders were not looked at, as an archive has them."""
        end = 0
        for name in path.split("/"):
            end += len(name)
            reason = self._reason(name, path[:end] if self.patterns else "")
            if reason is not None:
                return reason
            end += 1
        return None

    def _reason(self, name: str, path: str) -> str | None:
        if not self.with_hidden and is_hidden(name):
            return HIDDEN
        if any(one.match(name) for one in self.name_patterns):
            return EXCLUDED
        return EXCLUDED if any(one.match(path) for one in self.patterns) else None


def selection(excluded: Sequence[str] = (), *, with_hidden: bool = False) -> Selection:
    """Leaves out what matches any of some patterns.

    Args:
        excluded: with ``*``, ``?`` and ``[…]``; one with a slash inside is about the whole relative
            path, others about each name on it. A folder that matches is left out with all below.
        with_hidden: whether hidden files and folders are taken as well.
    """
    patterns = [one.removeprefix("./").strip("/") for one in excluded]
    patterns = [one.removeprefix("**/") for one in patterns if one]
    return Selection(
        patterns=tuple(re.compile(translate(one)) for one in patterns if "/" in one),
        name_patterns=tuple(re.compile(translate(one)) for one in patterns if "/" not in one),
        with_hidden=with_hidden,
    )
