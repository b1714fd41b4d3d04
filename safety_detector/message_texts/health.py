"""How the service stands: what is wrong with what it stands on."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

HEALTH: dict[str, Phrase] = {
    "health-no-answer": Phrase("No answer within {seconds:g} s.", "{seconds:g} 秒内无应答。"),
    "health-system": Phrase("{cause}.", "系统错误：{cause}。"),
    "workers-none": Phrase(
        "No worker has been seen lately; pictures wait.", "近期没有处理进程在线，图片在等待。"
    ),
    "workers-none-for-pictures": Phrase(
        "No worker for {queues} has been seen; pictures wait.",
        "没有处理 {queues} 的进程在线，图片在等待。",
    ),
    "workers-none-for-reports": Phrase(
        "No worker for {queues} has been seen; reports wait.",
        "没有处理 {queues} 的进程在线，报告在等待。",
    ),
    "workers-seen": Phrase(
        "{number} seen, for {slots} pictures at a time.",
        "在线 {number} 个，可同时处理 {slots} 张图片。",
    ),
    "watchers-none": Phrase(
        "No watcher has been seen lately: start safety-detector watch. Cameras that nobody "
        "watches: {cameras}.",
        "近期没有取流进程在线，请启动 safety-detector watch。无人取流的摄像头：{cameras} 台。",
    ),
    "watchers-behind": Phrase(
        "Cameras that wait for a watcher: {cameras} ({watchers} seen, for {slots} cameras).",
        "等待取流的摄像头：{cameras} 台（在线 {watchers} 个进程，可取 {slots} 台）。",
    ),
    "watchers-full": Phrase(
        "Cameras that wait for a watcher: {cameras} ({watchers} seen, for {slots} cameras); start "
        "another one, or raise SAFETY_WATCH_STREAMS.",
        "等待取流的摄像头：{cameras} 台（在线 {watchers} 个进程，可取 {slots} 台）；"
        "请再启动一个进程，或提高 SAFETY_WATCH_STREAMS。",
    ),
    "watchers-seen": Phrase(
        "{watchers} seen, for {slots} cameras; {held} are held.",
        "在线 {watchers} 个，可取 {slots} 台摄像头；正在取 {held} 台。",
    ),
    "model-away": Phrase("{model} since {since}: {reason}", "{model} 自 {since} 起：{reason}"),
    "model-server-unused": Phrase(
        "{address} is not used since {since}: {reason}",
        "{address} 自 {since} 起停用：{reason}",
    ),
}
