"""Names: of pictures in results, whatever bytes a file system holds, and of files made for them."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from safety_detector.ingest.fetching import is_url, without_credentials

JPEG_ENDINGS = frozenset({".jpg", ".jpeg", ".jpe", ".jfif"})
PICTURE_ENDINGS = JPEG_ENDINGS | {
    *(".mpo", ".png", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif"),
    # Pictures that are not read: each gets a line that says so.
    *(".heic", ".heif", ".avif", ".jp2", ".jxl", ".dng", ".cr2", ".nef", ".arw"),
}
"""Endings of files that are taken for pictures without a look into them."""

_ANNOTATED = ".annotated"
_MADE_ENDINGS = JPEG_ENDINGS | {".txt"}  # of the files that are made for pictures
_LONGEST_PART = 180  # bytes of a folder's or file's name; Linux allows 255, and endings are added
_LONGEST_PATH = 2000  # bytes; Linux allows 4096 with the output folder's own path
_LITERAL_ESCAPE = re.compile(rb"\\(?=x[0-9a-f]{2})")


def readable_path(raw: bytes) -> str:
    r"""A path as text that every JSON reader takes, another one for each path.

    UTF-8 stays as it is.  Bytes that are no UTF-8 become ``\xff``; a path in which that stands
    literally gets its backslash written as ``\x5c``, so that no two paths become the same text.
    """
    if b"\\" in raw:
        raw = _LITERAL_ESCAPE.sub(rb"\\x5c", raw)
    return raw.decode("utf-8", "backslashreplace")


def display_name(source: str) -> str:
    """The file name of a path or URL, readable even where the bytes of the name are not UTF-8."""
    if is_url(source):
        try:
            parts = urlsplit(without_credentials(source))
        except ValueError:
            return "picture"  # it will be refused where it is fetched
        return unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.hostname or "picture"
    return readable_path(os.fsencode(Path(source).name or source))


def name_of_url(url: str) -> str:
    """The URL without what may be secret in it: credentials, query and fragment.

    Where there is any of that, eight digits of its hash keep two such URLs apart.
    """
    bare = without_credentials(url)
    try:
        parts = urlsplit(bare)
    except ValueError:  # it will be refused where it is fetched
        shown = re.split("[?#]", bare, maxsplit=1)[0]
    else:
        shown = f"{parts.scheme}://{parts.netloc}{parts.path}"
    return shown if shown == url else f"{shown}?{_digest(url)}"


def file_for(name: str) -> str:
    """Relative path of the JPEG that is made for a picture, mirroring the picture's own name.

    ``sub/a.jpg`` stays, ``sub/a.png`` becomes ``sub/a.png.jpg``.  No name leads outside of the
    folder that the path is relative to, and no two names lead to the same path.
    """
    *folders, last = [_part(one) for one in name.split("/") if one not in ("", ".")] or ["picture"]
    path = "/".join([*(_folder(one) for one in folders), last])
    if path != name or len(path.encode()) > _LONGEST_PATH:
        pure = PurePosixPath(path)
        parent = "" if len(path.encode()) > _LONGEST_PATH else f"{pure.parent}/"
        path = f"{parent.removeprefix('./')}{pure.stem}~{_digest(name)}{pure.suffix}"
    ending = PurePosixPath(path).suffix.lower()
    inner = PurePosixPath(path[: len(path) - len(ending)]).suffix.lower() if ending else ""
    if ending in JPEG_ENDINGS and inner not in PICTURE_ENDINGS | {_ANNOTATED}:
        return path
    return f"{path}.jpg" if ending in PICTURE_ENDINGS else f"{path}{_ANNOTATED}.jpg"


def picture_path_for(name: str) -> str:
    """The picture's own path, as far as it is safe: what ``file_for`` adds is left out."""
    path = file_for(name)
    inner = path.removesuffix(".jpg")
    return inner if PurePosixPath(inner).suffix.lower() in PICTURE_ENDINGS else path


def looks_like_picture(head: bytes) -> bool:
    """Whether the first 16 bytes of a file are those of a format that is read here."""
    return (
        head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"II*\0", b"MM\0*"))
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head[:2] == b"BM" and head[6:10] == b"\0\0\0\0" and len(head) == 16)
    )


def ending_of(name: str) -> str:
    """The ending of a file's name, in small letters.

    ``._x.jpg``, in which macOS keeps facts about ``x.jpg``, has none.
    """
    # Neither pathlib nor posixpath, which take longer: this is asked of every file of a drive.
    stem, _, ending = name.rpartition("/")[2].rpartition(".")
    return f".{ending}".lower() if stem.strip(".") and not stem.startswith("._") else ""


def _part(part: str) -> str:
    if part == "..":
        return "__"
    part = "".join(char if char.isprintable() else "_" for char in part)
    return part.encode()[:_LONGEST_PART].decode("utf-8", "ignore")


def _folder(part: str) -> str:
    """A folder's name that is no file's: an archive may hold ``a.jpg`` and ``a.jpg/b.jpg``."""
    return f"{part}_" if PurePosixPath(part).suffix.lower() in _MADE_ENDINGS else part


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]
