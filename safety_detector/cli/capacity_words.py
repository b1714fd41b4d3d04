"""What ``capacity`` prints for people, English and Chinese side by side."""

from __future__ import annotations

from safety_detector.capacity.plan import Road, Short
from safety_detector.message_texts.phrase import Phrase

HEADING = Phrase(
    "{cameras} cameras, a frame every {every} s, {hours} h a day; {road}",
    "{cameras} 路摄像头，每 {every} 秒一帧，每天 {hours} 小时；{road}",
)
ROADS = {
    Road.OFF: Phrase("the language model sees every frame", "每一帧都交大模型检测"),
    Road.SUSPECTS: Phrase(
        "the language model sees what the embedded detector suspects",
        "内置检测器发现可疑之处时交大模型复核",
    ),
    Road.ALL: Phrase(
        "the language model sees every frame, and suspected places once more",
        "每一帧都交大模型检测，可疑之处再复核一次",
    ),
}
FIGURES = {
    "frames": Phrase("Frames", "画面"),
    "looked_at": Phrase("  looked at", "  其中需检测"),
    "screen": Phrase("Embedded detector", "内置检测器"),
    "questions": Phrase("Questions about places", "局部复核提问"),
    "whole_frames": Phrase("Frames shown whole", "整幅交大模型的画面"),
    "uploads": Phrase("Uploads shown whole", "整幅交大模型的上传图片"),
    "question_s": Phrase("  one question takes", "  每次提问用时"),
    "whole_s": Phrase("  one whole picture takes", "  每幅图片用时"),
    "requests": Phrase("Requests to the model", "大模型请求"),
    "gpu": Phrase("GPU work, full batches", "GPU 工作量（满批）"),
    "servers_used": Phrase("  of what the servers can do", "  占模型服务能力"),
    "gpu_busy": Phrase("  GPUs busy, as it comes", "  GPU 实际占用"),
    "gpu_every_frame": Phrase("  were every frame shown whole", "  若每帧整幅检测"),
    "pictures_a_day": Phrase("Pictures stored", "存储图片"),
    "disk_a_day": Phrase("Disk", "磁盘"),
    "disk": Phrase("  when retention sets in", "  保留期满时"),
    "network_in": Phrase("Network from the cameras", "摄像头侧网络"),
    "network_model": Phrase("Network to the model", "模型侧网络"),
}
FEWER = Phrase(
    "{times} times less GPU work than with every frame shown whole.",
    "GPU 工作量为每帧整幅检测的 {times} 分之一。",
)
SHORT = {
    Short.SERVERS: Phrase(
        "Does not fit: {needed} model servers are needed, there are {there}.",
        "能力不足：需要 {needed} 个模型服务，现有 {there} 个。",
    ),
    Short.CORES: Phrase(
        "Does not fit: {needed} cores are needed for the embedded detector, there are {there}.",
        "能力不足：内置检测器需要 {needed} 个处理器核，现有 {there} 个。",
    ),
    Short.DISK: Phrase(
        "Does not fit: {needed} of disk are needed, there are {there}; or keep pictures for a "
        "shorter time (SAFETY_KEEP_DAYS).",
        "空间不足：需要磁盘 {needed}，现有 {there}；也可缩短图片保留期（SAFETY_KEEP_DAYS）。",
    ),
}
SLOWER = Phrase("  It would fit with a frame every {every} s.", "  若每 {every} 秒一帧则可满足。")
FITS = Phrase(
    "Fits: nothing is planned for more than {share} of what it can do.",
    "可以满足：各项占用均不超过其能力的 {share}。",
)
MOST_CAMERAS = Phrase(
    "These machines carry {cameras} such cameras.", "这些机器可带 {cameras} 路这样的摄像头。"
)
BOUND_BY = {
    Short.SERVERS: Phrase(
        "  More would lack model servers first.", "  再增加时，首先不足的是模型服务。"
    ),
    Short.CORES: Phrase(
        "  More would lack processor cores first.", "  再增加时，首先不足的是处理器核。"
    ),
    Short.DISK: Phrase("  More would lack disk first.", "  再增加时，首先不足的是磁盘。"),
}
ASSUMED = Phrase(
    "GPU times are arithmetic for Qwen2.5-VL-7B on 4 T4 a server, measured on none; sizes are "
    "those of usual JPEGs. docs/capacity.md says what each figure rests on.",
    "GPU 用时按每个模型服务 4 张 T4、Qwen2.5-VL-7B 推算，未经实测；图片大小按常见 JPEG 估计。"
    "各项依据见 docs/capacity.md。",
)
