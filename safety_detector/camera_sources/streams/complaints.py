"""What FFmpeg says on stderr while it reads a stream, by how bad it is.

At the level of debugging the decoder says when the pictures' size changes, which OpenCV does not
notice: it would go on giving out what the memory of the former size holds.
"""

from __future__ import annotations

import ctypes
import os
import re
from pathlib import Path
from typing import NamedTuple

import cv2

from safety_detector.pictures.decoder_complaints import DecoderComplaints, is_harmless

_MESSAGE = re.compile(r"\[[^\]@]+ @ 0x[0-9a-f]+\] (?:\[([a-z]+)\] )?(.*)")
_WORSE_THAN_INFO = ("panic", "fatal", "error", "warning", "")
_NEW_FORMAT = "chosen by get_format()"
_NO_MEMORY = re.compile(r"Cannot allocate memory|get_buffer\(\) failed")
_PRINT_LEVEL = 2  # AV_LOG_PRINT_LEVEL, libavutil/log.h
_DEBUG, _ERROR = "48", "16"


def let_ffmpeg_speak() -> None:
    """Has FFmpeg write all that it says to stderr, each message with its level.

    To be called before anything is opened.  Where OpenCV's copy of FFmpeg is not found, errors
    alone are written.
    """
    os.environ["OPENCV_FFMPEG_SKIP_LOG_CALLBACK"] = "1"
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = _ERROR
    libraries = Path(cv2.__file__).parents[1].glob("opencv_python*.libs/libavutil*")
    for library in libraries:
        ctypes.CDLL(str(library)).av_log_set_flags(_PRINT_LEVEL)
        os.environ["OPENCV_FFMPEG_LOGLEVEL"] = _DEBUG


class Said(NamedTuple):
    """What was said since the last time.

    Attributes:
        damage: the first message about damaged pictures.
        first: the first error or warning of any kind.
        has_new_format: whether the decoder set itself up for pictures of another kind.
    """

    damage: str | None = None
    first: str | None = None
    has_new_format: bool = False


def listen(complaints: DecoderComplaints) -> Said:
    """What was said since the last time.

    Raises:
        MemoryError: FFmpeg got no memory.
    """
    text = complaints.take_text()
    if not text:
        return Said()
    damage = first = None
    for level, words in _MESSAGE.findall(text):
        words = words.strip(" .")
        if level not in _WORSE_THAN_INFO or not words:
            continue
        if _NO_MEMORY.search(words):
            raise MemoryError
        first = first or words
        if damage is None and level != "warning" and not is_harmless(words):
            damage = words
    return Said(damage, first, _NEW_FORMAT in text)
