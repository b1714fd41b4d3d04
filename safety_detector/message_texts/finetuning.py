"""What is said of labelled sets from which a language model learns."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

FINETUNING: dict[str, Phrase] = {
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
    "sample-too_small": Phrase(
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
}
