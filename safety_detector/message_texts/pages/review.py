"""What stands on the pages of review."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

REVIEW: dict[str, Phrase] = {
    # One incident after the other.
    "review-left": Phrase("Not judged yet:", "尚未判定："),
    "review-done": Phrase("Judged by you:", "本次已判定："),
    "review-undo": Phrase("Take back the last one", "撤销上一项"),
    "review-next": Phrase("Leave it to others", "跳过"),
    "review-empty": Phrase("Everything is judged.", "已全部判定。"),
    # Labels to look at again.
    "page-doubtful": Phrase("Labels to look at again", "待核对的标注"),
    "doubtful-means": Phrase(
        "A detector that is seldom wrong about such things disagrees with whoever judged. "
        "Most of these labels are right all the same. Open the picture, and correct it where one "
        "is not: labelled sets have it right from then on.",
        "对此类目标很少出错的检测器与判定结果不一致。其中多数标注仍是正确的；请打开图片查看，有误的予以更正，"
        "此后导出的标注集以更正为准。",
    ),
    "doubtful-compared": Phrase(
        "Judged pictures compared: {pictures}. Labels to look at again: {found}.",
        "已对比已判定的图片 {pictures} 张，待核对的标注 {found} 处。",
    ),
    "doubtful-first": Phrase(
        "The {number} most doubtful are shown.", "以下为最可疑的 {number} 处。"
    ),
    "doubtful-none": Phrase(
        "No label stands out in {pictures} judged pictures.",
        "已判定的 {pictures} 张图片中没有可疑的标注。",
    ),
    "doubtful-too-few": Phrase(
        "Judged pictures: {pictures}, too few to tell. It takes {least} labels of a kind on other "
        "days or cameras to know how seldom a detector is wrong about it.",
        "已判定的图片 {pictures} 张，尚不足以判断：同类标注在其他日期或摄像头上至少需有 "
        "{least} 处，才能判断检测器在此类目标上是否很少出错。",
    ),
    "doubtful-judged": Phrase("Judged", "判定"),
    "doubtful-unlabelled": Phrase("nothing is labelled here", "此处未标注"),
    "doubtful-refuted": Phrase("no {what} here", "此处无{what}"),
    "doubtful-unseen": Phrase("sees nothing here", "此处未检出"),
    "doubtful-seen": Phrase("{what}, {score}", "{what}，{score}"),
    "doubtful-same": Phrase(
        "the same in {like} of {others} others", "其余 {others} 处同类标注中，{like} 处同样不一致"
    ),
}
