"""Why something failed or waits: the program's own English sentences, in the report's language.

The sentences are written where the error is raised, with its facts in them.  Here stands the same
with names in the facts' places, and the Chinese beside it; the facts themselves are kept as they
are.  A test raises the errors and finds each of their sentences here.
"""

from __future__ import annotations

import re
from functools import cache
from string import Formatter

from safety_detector.domain.hazards import Language
from safety_detector.domain.outcomes import Outcome, outcome_name
from safety_detector.message_texts.phrase import Phrase

_MOST_NESTED = 3  # a sentence in a sentence: "Tried 2 times, last: …"

REASONS = (
    # Sentences with others in them
    Phrase("Tried {n} times, last: {reason}", "已尝试 {n} 次，最近一次：{reason}"),
    Phrase("{reason} Waiting since {moment} UTC.", "{reason}自 {moment} UTC 起等待。"),
    Phrase(
        "None of {n} model servers can answer: {reasons}", "{n} 个模型服务均无法应答：{reasons}"
    ),
    # The picture
    Phrase("The file is empty.", "文件为空。"),
    Phrase("Not a picture: it looks like {kind}.", "不是图片，看起来是 {kind}。"),
    Phrase(
        "Pictures of type {kind} are not read; convert to JPEG or PNG first.",
        "不支持 {kind} 类型的图片，请先转换为 JPEG 或 PNG。",
    ),
    Phrase(
        "Pixels of type {mode} are not read; convert to 8-bit RGB first.",
        "不支持 {mode} 类型的像素，请先转换为 8 位 RGB。",
    ),
    Phrase(
        "32-bit grey pixels are not read; convert to 8-bit first.",
        "不支持 32 位灰度像素，请先转换为 8 位。",
    ),
    Phrase(
        "The picture has {actual} pixels ({size}); the limit is {limit}.",
        "图片有 {actual} 像素（{size}），上限为 {limit}。",
    ),
    Phrase(
        "The picture is {actual} pixels long; the limit is {limit}.",
        "图片边长为 {actual} 像素，上限为 {limit}。",
    ),
    Phrase(
        "The picture has too many bytes; the limit is {limit} bytes.",
        "图片文件过大，上限为 {limit} 字节。",
    ),
    Phrase(
        "The picture has {actual} bytes; the limit is {limit} bytes.",
        "图片文件有 {actual} 字节，上限为 {limit} 字节。",
    ),
    Phrase(
        "This picture ({kind}, {size}) takes {actual} MB to decode; the limit is {limit} MB. Make "
        "it smaller or save it as a plain JPEG.",
        "解码该图片（{kind}，{size}）需要 {actual} MB 内存，上限为 {limit} MB。"
        "请缩小图片，或另存为普通 JPEG。",
    ),
    Phrase(
        "The picture has over {limit} bytes between segments; that is the limit.",
        "JPEG 段之间的字节数超过上限 {limit}。",
    ),
    Phrase(
        "The picture has over {limit} segments; that is the limit.", "JPEG 段超过上限 {limit}。"
    ),
    Phrase(
        "The picture has over {limit} chunks; that is the limit.", "图片数据块超过上限 {limit}。"
    ),
    Phrase(
        "The picture has over {limit} blocks before its pixels; that is the limit.",
        "像素之前的数据块超过上限 {limit}。",
    ),
    Phrase(
        "The picture has over {limit} bytes between its blocks; that is the limit.",
        "数据块之间的字节数超过上限 {limit}。",
    ),
    Phrase(
        "The picture has over {limit} entries in its directory; that is the limit.",
        "TIFF 目录项超过上限 {limit}。",
    ),
    Phrase(
        "The picture has over {limit} strips; that is the limit.", "TIFF 条带超过上限 {limit}。"
    ),
    Phrase("The picture has over {limit} tiles; that is the limit.", "TIFF 图块超过上限 {limit}。"),
    Phrase(
        "The JPEG has over {limit} scans; that is the limit for a picture of its size.",
        "JPEG 扫描超过该尺寸图片的上限 {limit}。",
    ),
    Phrase(
        "The run-length coded BMP has {actual} bytes; the limit is {limit}.",
        "游程编码的 BMP 有 {actual} 字节，上限为 {limit}。",
    ),
    Phrase(
        "The run-length coded BMP has {actual} pixels; the limit is {limit}.",
        "游程编码的 BMP 有 {actual} 像素，上限为 {limit}。",
    ),
    Phrase(
        "The picture's strips say that they have {actual} bytes; the file has {limit}.",
        "TIFF 条带自称共有 {actual} 字节，而文件只有 {limit} 字节。",
    ),
    Phrase(
        "The picture's tiles say that they have {actual} bytes; the file has {limit}.",
        "TIFF 图块自称共有 {actual} 字节，而文件只有 {limit} 字节。",
    ),
    Phrase(
        "The picture's tiles hold {actual} pixels for a picture of {size}; the limit is {limit}.",
        "TIFF 图块共有 {actual} 像素，而图片只有 {size} 像素，上限为 {limit}。",
    ),
    Phrase(
        "The {kind} file ends after {n} bytes, before its picture does.",
        "{kind} 文件在 {n} 字节处结束，画面尚不完整。",
    ),
    Phrase(
        "The picture ends inside its header, after {n} bytes.",
        "图片在文件头内即已结束（{n} 字节）。",
    ),
    Phrase("The JPEG is cut off ({cause}).", "JPEG 文件被截断（{cause}）。"),
    Phrase("The picture is cut off ({cause}).", "图片文件被截断（{cause}）。"),
    Phrase("The JPEG cannot be decoded ({cause}).", "JPEG 无法解码（{cause}）。"),
    Phrase("The picture cannot be decoded ({cause}).", "图片无法解码（{cause}）。"),
    Phrase("The picture's header cannot be read ({cause}).", "图片文件头无法读取（{cause}）。"),
    Phrase("The picture's header says that it has no pixels.", "图片文件头表明该图片没有像素。"),
    Phrase("The WebP cannot be decoded.", "WebP 无法解码。"),
    Phrase(
        "The decoded picture has another size than its header says.",
        "解码后的尺寸与文件头所述不符。",
    ),
    Phrase(
        "{path} is a folder; name its pictures, or inspect all of it with safety-detector batch.",
        "{path} 是目录，请指定其中的图片，或用 safety-detector batch 检测整个目录。",
    ),
    Phrase("{path} is not a regular file.", "{path} 不是普通文件。"),
    Phrase("{path} cannot be read: No such file or directory.", "{path} 无法读取：没有该文件。"),
    Phrase("{path} cannot be read: {cause}.", "{path} 无法读取：{cause}。"),
    Phrase(
        "The picture {sha256} is gone from the data folder.",
        "图片 {sha256} 已不在数据目录中。",
    ),
    # Fetching it
    Phrase(
        "{host} leads to {address}, which is not a public address; SAFETY_FETCH_ALLOW names the "
        "other networks that may be reached (for example SAFETY_FETCH_ALLOW=192.168.1.0/24).",
        "{host} 指向 {address}，不是公网地址；SAFETY_FETCH_ALLOW 可指定允许访问的其他网络"
        "（例如 SAFETY_FETCH_ALLOW=192.168.1.0/24）。",
    ),
    Phrase(
        "{address} is not a public address; SAFETY_FETCH_ALLOW names the other networks that may "
        "be reached (for example SAFETY_FETCH_ALLOW=192.168.1.0/24).",
        "{address} 不是公网地址；SAFETY_FETCH_ALLOW 可指定允许访问的其他网络"
        "（例如 SAFETY_FETCH_ALLOW=192.168.1.0/24）。",
    ),
    Phrase(
        "{url}: only http and https are fetched, not {scheme}.",
        "{url}：只能下载 http 和 https 地址，不支持 {scheme}。",
    ),
    Phrase("{url} did not deliver within {n} s.", "{url} 未在 {n} 秒内送达。"),
    Phrase(
        "{url} cannot be fetched: its certificate is not trusted ({cause}); SAFETY_FETCH_CA_FILE "
        "names a file with those that are.",
        "{url} 无法下载：证书不受信任（{cause}）；可用 SAFETY_FETCH_CA_FILE 指定受信任证书的文件。",
    ),
    Phrase("{url} cannot be fetched: {cause}.", "{url} 无法下载：{cause}。"),
    Phrase("{url} redirects more than {n} times.", "{url} 重定向超过 {n} 次。"),
    Phrase(
        "{url} answered 401 Unauthorized: it wants a user and a password ({scheme}); write them "
        "into the address, http://user:password@….",
        "{url} 返回 401：需要用户名和密码（{scheme}）；请写入地址，如 http://user:password@…。",
    ),
    Phrase(
        "{url} answered 401 Unauthorized: the user or the password is wrong.",
        "{url} 返回 401：用户名或密码错误。",
    ),
    Phrase(
        "{url} closed the connection after {n} bytes, before the picture's end.",
        "{url} 在 {n} 字节后断开连接，图片不完整。",
    ),
    Phrase(
        "{url} sent a stream of pictures (MJPEG) without a whole one in it.",
        "{url} 发来的图片流（MJPEG）中没有完整的图片。",
    ),
    Phrase("The host {host} cannot be resolved ({cause}).", "主机 {host} 无法解析（{cause}）。"),
    # The model
    Phrase("The model server answered with an empty answer.", "模型服务返回空回答。"),
    Phrase("The model server answered with a run of ! or ?.", "模型服务返回一连串 ! 或 ?。"),
    Phrase("No box can be read in the model's answer: {text}.", "模型回答中读不出检测框：{text}。"),
    Phrase(
        "The model takes pictures whose longer side is at most {ratio} times the shorter; this one "
        "is {size}.",
        "模型只接受长边不超过短边 {ratio} 倍的图片，该图片为 {size}。",
    ),
    Phrase("{server} did not answer in time.", "{server} 未及时应答。"),
    Phrase("{server} cannot be reached ({cause}).", "{server} 无法连接（{cause}）。"),
    Phrase(
        "{server} refuses the API key ({status}: {text}).",
        "{server} 拒绝该密钥（{status}：{text}）。",
    ),
    Phrase(
        "{server} does not serve {model} (404: {text}).", "{server} 不提供 {model}（404：{text}）。"
    ),
    Phrase(
        "{server} has no room now ({status}: {text}).", "{server} 暂无余量（{status}：{text}）。"
    ),
    Phrase(
        "{server} is not able to answer ({status}: {text}).",
        "{server} 无法应答（{status}：{text}）。",
    ),
    Phrase(
        "{server} refuses the request ({status}: {text}).",
        "{server} 拒绝该请求（{status}：{text}）。",
    ),
    Phrase("{server} answered with something else ({cause}).", "{server} 应答异常（{cause}）。"),
    Phrase(
        "The model server gave up in the middle of its answer ({cause}).",
        "模型服务在应答中途中断（{cause}）。",
    ),
    Phrase(
        "The model server sent something else than an answer: {text}.",
        "模型服务发来的不是应答：{text}。",
    ),
    Phrase("ONNX Runtime could not compute: {cause}", "ONNX Runtime 计算失败：{cause}"),
    Phrase("{url} answered {status} {text}.", "{url} 返回 {status} {text}。"),
    # Commands
    Phrase(
        "No rectification notice on inspection {id}: it found no hazard (it is {verdict}). Order a "
        "report on it instead.",
        "检测 {id} 未发现隐患（{verdict}），不能出具整改通知单，请改为生成报告。",
    ),
    Phrase(
        "TZ is {name}, which is no time zone known here. Is {other} meant? Set it to a name such "
        "as Asia/Shanghai, or unset it for the machine's zone.",
        "TZ 为 {name}，不是已知的时区。是否应为 {other}？请设为 Asia/Shanghai 之类的名称，"
        "或取消设置以使用本机时区。",
    ),
    Phrase(
        "TZ is {name}, which is no time zone known here. Set it to a name such as Asia/Shanghai, "
        "or unset it for the machine's zone.",
        "TZ 为 {name}，不是已知的时区。请设为 Asia/Shanghai 之类的名称，或取消设置以使用本机时区。",
    ),
    Phrase(
        "There is no inspection {id} in this report to write a notice on.",
        "本报告中没有检测 {id}，无法出具整改通知单。",
    ),
    Phrase("There is no inspection {ids}.", "没有检测记录 {ids}。"),
    Phrase(
        "A notice is wanted on inspection {ids}, which is not of this camera, batch, period or "
        "verdict.",
        "要求对检测 {ids} 出具整改通知单，但其不属于所选的摄像头、批次、时段或结论。",
    ),
    Phrase("--until must be later than --since.", "--until 必须晚于 --since。"),
    Phrase(
        "The period has not begun: it starts at {moment}, and now it is {now}.",
        "时段尚未开始：起始时间为 {moment}，当前时间为 {now}。",
    ),
    Phrase(
        "--inspection names what the report is about; it does not go with --camera, --batch, "
        "--since, --until or --verdict.",
        "--inspection 已指定报告内容，不能与 --camera、--batch、--since、--until 或 --verdict "
        "同时使用。",
    ),
    Phrase(
        "Say what the report is about: --inspection ID, --notice ID, --camera ID, --batch ID, "
        "--since, --until or --verdict.",
        "请指定报告内容：--inspection ID、--notice ID、--camera ID、--batch ID、--since、--until "
        "或 --verdict。",
    ),
    Phrase(
        "The report would have more than {n} pictures, the most that SAFETY_MAX_REPORT_PICTURES "
        'allows; raise it, or order the hazards alone ("verdict": "hazard").',
        "报告所含图片将超过 {n} 张，即 SAFETY_MAX_REPORT_PICTURES 允许的上限；请调高该值，"
        '或仅报告存在隐患的图片（"verdict": "hazard"）。',
    ),
    Phrase(
        "Not done yet: inspection {ids}; report on it when it is done.",
        "检测 {ids} 尚未完成，完成后方可生成报告。",
    ),
    Phrase("There is no camera {id}.", "没有摄像头 {id}。"),
    Phrase("There is no picture of a batch {id}.", "没有批次 {id} 的图片。"),
    Phrase(
        "The report {path} cannot be written: that is a folder.", "报告 {path} 无法写入：那是目录。"
    ),
    Phrase("The report {path} cannot be written ({cause}).", "报告 {path} 无法写入（{cause}）。"),
    Phrase(
        "The folder for temporary files has no room: {cause}. TMPDIR names another one.",
        "临时文件目录空间不足：{cause}。可用 TMPDIR 指定其他目录。",
    ),
    Phrase(
        "{path} cannot be written: {cause}. What is done is kept: when there is room again, the "
        "same command goes on.",
        "{path} 无法写入：{cause}。已完成的部分均已保留，腾出空间后再次运行同一命令即可继续。",
    ),
    Phrase(
        "{path} is a folder; name a file, for example {example}/out.pdf.",
        "{path} 是目录，请指定文件，例如 {example}/out.pdf。",
    ),
    Phrase("{path} cannot be made: {cause}.", "{path} 无法创建：{cause}。"),
    Phrase("{path} cannot be written to.", "{path} 无法写入。"),
    Phrase("{path} cannot be written: {cause}.", "{path} 无法写入：{cause}。"),
    Phrase("{path} has no room: {cause}.", "{path} 空间不足：{cause}。"),
    Phrase("Another batch is writing to {path}.", "另一个批次正在写入 {path}。"),
    Phrase(
        "{path} holds {name} but no {results}: name another folder, or say --restart to replace "
        "what is there.",
        "{path} 中有 {name} 但没有 {results}：请指定其他目录，或用 --restart 替换其中内容。",
    ),
    Phrase(
        "{path} holds other results: {difference}. Name another folder with --out, or say "
        "--restart to throw those away.",
        "{path} 中是其他结果：{difference}。请用 --out 指定其他目录，或用 --restart 丢弃原有结果。",
    ),
    Phrase(
        "{path} is the output folder as well; name another one with --out.",
        "{path} 同时是输出目录，请用 --out 指定其他目录。",
    ),
    Phrase(
        "{path} is one picture: use detect, or name its folder.",
        "{path} 是单张图片，请用 detect 检测，或指定其所在目录。",
    ),
    Phrase(
        "{path} is no folder, zip, video, labelled set (COCO) or list of pictures (text, one path "
        "or URL a line).",
        "{path} 不是目录、zip、视频、标注集（COCO）或图片清单（文本，每行一个路径或 URL）。",
    ),
    Phrase("{path} is neither a folder nor a regular file.", "{path} 既不是目录也不是普通文件。"),
    # The workers
    Phrase("The picture took longer than it may.", "图片处理超时。"),
    Phrase(
        "{n} workers ended without a word while they had this picture.",
        "先后有 {n} 个处理进程在处理该图片时意外终止。",
    ),
    Phrase("Unexpected {kind}: {cause}", "程序异常 {kind}：{cause}"),
)
"""Tried in this order: what says more comes first."""

_SENTENCES = frozenset({"reason", "reasons"})
"""Names of facts that are sentences of this list themselves."""

_SERVER = Phrase("The model server at {address}", "模型服务 {address}")


def reason_text(reason: str, language: Language, nested: int = _MOST_NESTED) -> str:
    """The reason in the language; what is not known here stands as it is.

    Args:
        reason: as the program wrote it.
        language: of the report.
        nested: how many more sentences inside sentences are looked into.
    """
    if language == "en":
        return reason
    for phrase, pattern in _patterns():
        found = pattern.fullmatch(reason)
        if found is not None:
            facts = {
                name: _translate_fact(name, fact, language, nested)
                for name, fact in found.groupdict().items()
            }
            return phrase.say(language, **facts)
    return reason


def _translate_fact(name: str, fact: str, language: Language, nested: int) -> str:
    if name in _SENTENCES and nested:
        return reason_text(fact, language, nested - 1)
    if name == "verdict" and fact in set(map(str, Outcome)):
        return outcome_name(Outcome(fact), language)
    return _translate_server(fact, language)


def _translate_server(fact: str, language: Language) -> str:
    found = _pattern(_SERVER).fullmatch(fact)
    return _SERVER.say(language, **found.groupdict()) if found else fact


@cache
def _patterns() -> tuple[tuple[Phrase, re.Pattern[str]], ...]:
    return tuple((phrase, _pattern(phrase)) for phrase in REASONS)


@cache
def _pattern(phrase: Phrase) -> re.Pattern[str]:
    """Finds the English sentence with whatever facts, and names them."""
    parts = []
    for text, name, _, _ in Formatter().parse(phrase.en):
        parts.append(re.escape(text))
        if name:
            parts.append(f"(?P<{name}>.+?)")
    return re.compile("".join(parts), re.DOTALL)
