"""What is said of labelled sets: why pictures are left out of them."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

DATASETS: dict[str, Phrase] = {
    "dataset-proves-nothing": Phrase(
        "what was judged says nothing that can be taught: permitted hot work, a reason in "
        "somebody's own words, one thing of several in an alarm, or a better picture that came "
        "after the judgement. Correct the picture to have it in.",
        "判定未提供可用于训练的信息（已批准的动火作业、自行填写的原因、一次报警含多个目标，或判定之后又有"
        "更清晰的图片）。更正该图片的标注后即可纳入。",
    ),
    "dataset-held": Phrase(
        "under hold: evidence is not copied unless somebody asks for it (--include-held)",
        "处于保留状态：证据默认不复制，需要时请用 --include-held",
    ),
    "dataset-not-complete": Phrase(
        "nobody said that nothing is missing in the picture, and this format cannot say what is "
        "not labelled (coco can)",
        "没有人确认图片中的目标已全部标注，而此格式无法表示未标注的类别（coco 可以）",
    ),
    "dataset-same-picture": Phrase(
        "the same bytes as another picture, which was judged later",
        "与另一张图片内容完全相同，后者的判定更晚",
    ),
    "dataset-empty-share": Phrase(
        "empty, and more of these than were asked for (--empty-share)",
        "空图片，超出所要求的比例（--empty-share）",
    ),
    "dataset-picture-gone": Phrase("removed by retention in the meantime", "其间已按保留期限删除"),
    "dataset-picture-unreadable": Phrase(
        "the picture cannot be decoded any more", "图片已无法解码"
    ),
    "dataset-faces-not-found": Phrase(
        "faces were to be blurred, and could not be looked for", "要求模糊人脸，但无法查找人脸"
    ),
    "dataset-empty": Phrase(
        "No judged picture matches: nothing is exported. Judge incidents or correct pictures in "
        "the console, or ask for another period.",
        "没有符合条件的已判定图片，未导出任何内容。请在控制台判定事件或更正图片标注，或选择其他时段。",
    ),
    "dataset-all-left-out": Phrase(
        "Each of the {judged:,} judged pictures is left out: {why}",
        "{judged:,} 张已判定的图片全部未纳入：{why}",
    ),
    "dataset-format-unknown": Phrase(
        "{format!r} is no format of a labelled set; there are {known}.",
        "{format!r} 不是标注数据集的格式；可选：{known}。",
    ),
    "dataset-share-impossible": Phrase(
        "{option} is a share from 0 to 1, and not {value}.",
        "{option} 是 0 到 1 之间的比例，不能是 {value}。",
    ),
    "dataset-folder-taken": Phrase(
        "{path} is there already; name a folder that is not there yet, or an empty one.",
        "{path} 已存在；请指定尚不存在的文件夹或空文件夹。",
    ),
    "dataset-folder-here": Phrase(
        "{path} is the folder that you are in, and the set would take its place; name one that is "
        "not there yet, or go elsewhere.",
        "{path} 是当前所在的文件夹，数据集会取代它；请指定尚不存在的文件夹，或先切换到其他目录。",
    ),
    "dataset-not-written": Phrase(
        "{path} cannot be written: {cause}. Nothing is kept of a set that is not whole: run the "
        "command again when that is mended.",
        "{path} 无法写入：{cause}。不完整的数据集不会保留；问题解决后请重新运行命令。",
    ),
    "dataset-folder-held": Phrase(
        "Another export into {path} runs: process {process}.",
        "另一次导出正在写入 {path}：进程 {process}。",
    ),
    "sample-not-complete": Phrase(
        "nobody said that everything in it is labelled, so that it cannot be taught what is all "
        "there is",
        "没有人确认图中目标已全部标注，无法作为完整答案用于训练",
    ),
    "sample-size-differs": Phrase(
        "its file has {actual} pixels, its record says {stated}",
        "文件为 {actual} 像素，而记录为 {stated}",
    ),
    "sample-merged": Phrase(
        "two boxes of one label lie so close that a reader takes them for one; remove one of them",
        "同类的两个框几乎重合，会被读作同一目标；请删去其中一个",
    ),
    "sample-too-small": Phrase(
        "a box is thinner than the model's coordinates are apart",
        "有检测框比模型坐标的最小间隔还窄",
    ),
    "sample-misread": Phrase(
        "our own reader makes something else of its answer",
        "本程序读回的答案与标注不一致",
    ),
    "finetuning-set-unreadable": Phrase(
        "{path} is no set for fine-tuning as dataset export writes them: {cause}.",
        "{path} 不是 dataset export 生成的微调数据集：{cause}。",
    ),
    "finetuning-set-inexact": Phrase(
        "{path} does not say what its labels say: {listed}. Training on it would teach something "
        "else than what people judged.",
        "{path} 的答案与标注不一致：{listed}。用它训练会教错内容。",
    ),
    "dataset-options-of-fine-tuning": Phrase(
        "--dialect, --prompt-lang, --varied-wording and --with-reasons are for the formats "
        "{known} alone.",
        "--dialect、--prompt-lang、--varied-wording 和 --with-reasons 仅适用于格式 {known}。",
    ),
    "dataset-language-unknown": Phrase(
        "--prompt-lang is zh or en, not {language}.",
        "--prompt-lang 只能是 zh 或 en，不能是 {language}。",
    ),
    "datasets-busy": Phrase(
        "Others' sets are being made or counted; come back in a while.",
        "正在导出或统计其他标注集，请稍后再试。",
    ),
    "doubtful-nothing-judged": Phrase(
        "No judged picture matches, so there is nothing to compare. Judge incidents or correct "
        "pictures in the console, or ask for another period.",
        "没有符合条件的已判定图片，无从对比。请在控制台判定事件或更正图片标注，或选择其他时段。",
    ),
    "doubtful-one-group": Phrase(
        "All judged pictures are of one day of one camera. What a detector is worth there can only "
        "be told from other days or cameras: judge some of those.",
        "已判定的图片都来自同一摄像头的同一天，无法用其他日期或摄像头来衡量检测器；请再判定其他日期或摄像头的图片。",
    ),
    "doubtful-too-many": Phrase(
        "More than {limit} judged pictures match. Ask for a shorter period or fewer cameras, or "
        "run safety-detector dataset doubtful on the machine of the service.",
        "符合条件的已判定图片超过 {limit} 张。请缩短时段或减少摄像头，或在服务所在机器上运行 "
        "safety-detector dataset doubtful。",
    ),
}
