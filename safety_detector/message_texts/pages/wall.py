"""What stands on the wall of cameras."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

WALL: dict[str, Phrase] = {
    "page-wall": Phrase("Wall", "监控墙"),
    "wall-old": Phrase("Old picture", "画面已过时"),
    "wall-no-picture": Phrase("No picture yet", "尚无画面"),
    "wall-off": Phrase("Switched off", "已停用"),
    "wall-no-camera": Phrase("There is no such camera", "没有此摄像头"),
    "wall-hazard-fire": Phrase("Fire", "火焰"),
    "wall-hazard-smoke": Phrase("Smoke", "烟雾"),
    "wall-hazard-no-helmet": Phrase("No proper helmet", "未正确佩戴安全帽"),
    "wall-new": Phrase("New", "待处理"),
    "wall-full-screen": Phrase("Full screen", "全屏"),
    "wall-choose": Phrase("Choose cameras", "选择摄像头"),
    "wall-place": Phrase("Place", "部位"),
    "wall-every-place": Phrase("All places", "全部部位"),
    "wall-show-chosen": Phrase("Show these", "显示所选"),
    "wall-all": Phrase("All cameras", "全部摄像头"),
    "wall-further": Phrase("Further cameras", "其余摄像头"),
    "wall-empty": Phrase(
        "There are no cameras yet. Add one under Cameras: its newest picture then stands here.",
        "尚无摄像头。请在“摄像头”页添加，添加后此处显示其最新画面。",
    ),
    "wall-number": Phrase("{live} of {number} live", "{number} 路中 {live} 路实时"),
}
