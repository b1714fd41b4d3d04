"""Kinds of errors in a few words, by the codes of ``errors.py``: where a sentence has no room."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Language, Phrase

_LONGEST_CODE = 64
"""Characters shown of a code that is not known here."""

ERRORS: dict[str, Phrase] = {
    "error": Phrase("an error", "发生错误"),
    "picture-refused": Phrase("the picture was refused", "图片被拒收"),
    "not-a-picture": Phrase("the file is not a picture", "文件不是图片"),
    "unsupported-picture": Phrase("the picture's format is not read", "不支持的图片格式"),
    "picture-too-large": Phrase("the picture is larger than the limit", "图片超过大小限制"),
    "picture-truncated": Phrase("the file ends before the picture does", "图片文件不完整"),
    "picture-broken": Phrase("the picture is damaged", "图片已损坏"),
    "picture-unreadable": Phrase("the file cannot be opened", "文件无法打开"),
    "archive-entry-refused": Phrase("the archive's entry is not opened", "压缩包条目不予打开"),
    "link-refused": Phrase("the link is not followed", "不跟随该链接"),
    "address-refused": Phrase("the address is not allowed", "不允许访问该地址"),
    "fetch-failed": Phrase("the picture could not be fetched", "图片下载失败"),
    "camera-unavailable": Phrase("no picture comes from the camera", "摄像头没有图像"),
    "camera-address-refused": Phrase(
        "the camera's address is not allowed", "不允许访问该摄像头地址"
    ),
    "camera-unreachable": Phrase("the camera could not be reached", "摄像头无法连接"),
    "camera-timed-out": Phrase("the camera did not answer in time", "摄像头响应超时"),
    "camera-login-failed": Phrase("the camera's password is not right", "摄像头用户名或密码不正确"),
    "camera-stream-missing": Phrase("the camera has no video there", "摄像头该地址没有视频"),
    "camera-stream-broken": Phrase("the camera's video cannot be read", "摄像头视频无法读取"),
    "detector-error": Phrase("the detector gave no result", "检测器未给出结果"),
    "model-unreachable": Phrase("the model could not be reached", "模型服务无法连接"),
    "request-turned-away": Phrase(
        "a proxy before the service refused the request", "服务前的代理拒绝了请求"
    ),
    "answer-timed-out": Phrase(
        "the model did not answer about this picture in time", "模型未能及时给出该图片的回答"
    ),
    "model-refused": Phrase("the model refused the request", "模型服务拒绝请求"),
    "answer-unreadable": Phrase("the model's answer could not be read", "模型回答无法解读"),
    "model-fault": Phrase("the model gave a faulty answer", "模型回答异常"),
    "picture-unsuitable": Phrase("the model cannot take such a picture", "模型不适用于该图片"),
    "weights-invalid": Phrase("the detector's weights are damaged", "检测模型文件损坏"),
    "submission-refused": Phrase("the request was refused", "请求被拒绝"),
    "unknown-camera": Phrase("the camera is not known", "摄像头不存在"),
    "camera-exists": Phrase("the camera exists already", "摄像头已存在"),
    "act-refused": Phrase("the incident does not allow that now", "事件当前状态不允许该操作"),
    "incident-changed": Phrase("somebody else was faster", "他人已先行处理"),
    "correction-changed": Phrase("somebody else was faster", "他人已先行更正"),
    "sign-in-refused": Phrase("not let in", "未准许登录"),
    "cursor-invalid": Phrase("the cursor is not valid", "游标无效"),
    "folder-refused": Phrase("the folder is not allowed", "不允许读取该文件夹"),
    "unknown-folder": Phrase("the folder is not there", "文件夹不存在"),
    "batch-exists": Phrase("the batch is read from another folder", "该批次正在读取另一个文件夹"),
    "unknown-inspection": Phrase("the inspection is not known", "检测记录不存在"),
    "unknown-incident": Phrase("the incident is not known", "事件不存在"),
    "inspection-unfinished": Phrase("the inspection is not done yet", "检测尚未完成"),
    "inspection-kept": Phrase("the inspection is kept as evidence", "检测记录作为证据保留"),
    "period-not-begun": Phrase("the period has not begun", "时段尚未开始"),
    "report-too-large": Phrase("the report would have too many pictures", "报告所含图片过多"),
    "too-many-reports": Phrase("too many reports at a time", "同时生成的报告过多"),
    "idempotency-conflict": Phrase(
        "the idempotency key was used with another picture", "幂等键已用于另一张图片"
    ),
    "service-unavailable": Phrase("a part of the service was away", "服务的某一部分不可用"),
    "storage-unavailable": Phrase("the data folder was not accessible", "数据目录无法读写"),
    "database-unavailable": Phrase("the database did not answer", "数据库无响应"),
    "broker-unavailable": Phrase("the broker did not answer", "消息代理无响应"),
    "folder-unavailable": Phrase("the folder could not be reached", "文件夹无法访问"),
    "storage-full": Phrase("the disk was nearly full", "磁盘空间不足"),
    "database-full": Phrase("the database's disk was full", "数据库磁盘已满"),
    "database-outdated": Phrase("the database needs an update", "数据库需要升级"),
    "secrets-lost": Phrase("the sealed password cannot be read", "加密保存的密码无法读取"),
    "picture-missing": Phrase("the stored picture is missing", "存储的图片已丢失"),
    "time-limit-exceeded": Phrase("the picture took too long", "处理超时"),
    "worker-lost": Phrase("the workers ended while they had it", "处理进程意外终止"),
    "unexpected-fault": Phrase("a fault of the program itself", "程序内部错误"),
    "notice-refused": Phrase("there is no hazard to write a notice on", "无隐患，不能出具通知单"),
    "font-invalid": Phrase("the font is unfit", "字体不可用"),
    "report-failed": Phrase("the report could not be made", "报告生成失败"),
    "annotations-invalid": Phrase("the labels are inconsistent", "标注数据不一致"),
    "configuration-invalid": Phrase("a setting is wrong", "配置有误"),
}


def error_text(code: str, language: Language) -> str:
    """What the code means, in a few words; a code that is not known here stands for itself."""
    phrase = ERRORS.get(code)
    return phrase.say(language) if phrase else code[:_LONGEST_CODE]
