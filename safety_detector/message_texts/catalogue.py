"""Every message by its code."""

from __future__ import annotations

from safety_detector.message_texts.cameras import CAMERAS
from safety_detector.message_texts.causes import CAUSES
from safety_detector.message_texts.commands import COMMANDS
from safety_detector.message_texts.datasets import DATASETS
from safety_detector.message_texts.health import HEALTH
from safety_detector.message_texts.incidents import INCIDENTS
from safety_detector.message_texts.libraries import LIBRARIES
from safety_detector.message_texts.models import MODELS
from safety_detector.message_texts.pages import PAGES
from safety_detector.message_texts.payloads import PAYLOADS
from safety_detector.message_texts.phrase import Phrase
from safety_detector.message_texts.pictures import PICTURES
from safety_detector.message_texts.runs import RUNS
from safety_detector.message_texts.service import SERVICE
from safety_detector.message_texts.settings import SETTINGS
from safety_detector.message_texts.values import VALUES

FORMER: dict[str, Phrase] = {
    "model-away-cameras-looked-at": Phrase(
        "No model server can be used; the embedded detector looks at cameras' pictures instead.",
        "没有可用的模型服务；摄像头图片改由内置检测器检测。",
    ),
    "tiling-needs-embedded": Phrase(
        "--tiling: the qwen backend is asked about a picture as a whole, as large as "
        "SAFETY_QWEN_MAX_PIXELS lets it be; --backend embedded looks at parts.",
        "--tiling：qwen 后端整张查看图片，大小以 SAFETY_QWEN_MAX_PIXELS 为限；--backend "
        "embedded 可分块查看。",
    ),
    "header-senseless": Phrase(
        "It begins like a picture but its header makes no sense.",
        "文件开头像图片，但文件头无法识别。",
    ),
}
"""What is not said any more; results and databases of earlier versions hold it."""

PHRASES: dict[str, Phrase] = {
    **PICTURES,
    **CAMERAS,
    **DATASETS,
    **INCIDENTS,
    **PAGES,
    **HEALTH,
    **MODELS,
    **PAYLOADS,
    **SERVICE,
    **COMMANDS,
    **SETTINGS,
    **RUNS,
    **CAUSES,
    **LIBRARIES,
    **VALUES,
    **FORMER,
    # Several messages in a row; words from outside; the sentence of a time without codes.
    "sentences": Phrase("{reasons}", "{reasons}"),
    "quoted": Phrase("{text}", "{text}"),
    "other": Phrase("{text}", "{text}"),
}
