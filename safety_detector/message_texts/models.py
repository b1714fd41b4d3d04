"""What is said of model servers, their answers, and the embedded detector's weights."""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

MODELS: dict[str, Phrase] = {
    "server-answers-others": Phrase(
        "{reason} It answers a test picture all the same.",
        "{reason}但该服务能正常应答测试图片。",
    ),
    "answers-break-off": Phrase(
        "{reason} An answer about this picture broke off before, too.",
        "{reason}此前对该图片的应答也曾中断。",
    ),
    "model-too-slow": Phrase(
        "No model server answered within {seconds:g} s.", "{seconds:g} 秒内没有模型服务应答。"
    ),
    "no-server-had-room": Phrase(
        "No model server had room in {seconds:g} s.", "{seconds:g} 秒内没有模型服务有余量。"
    ),
    "no-server-was-sound": Phrase(
        "No model server was found sound in {seconds:g} s.",
        "{seconds:g} 秒内没有模型服务恢复正常。",
    ),
    "no-server-can-answer": Phrase(
        "None of {servers} model servers can answer: {reasons}",
        "{servers} 个模型服务均无法应答：{reasons}",
    ),
    "server-unreachable": Phrase(
        "The model server at {address} cannot be reached ({cause}).",
        "模型服务 {address} 无法连接（{cause}）。",
    ),
    "server-says-unhealthy": Phrase(
        "The model server at {address} says at /health that it is not able to answer ({status}).",
        "模型服务 {address} 的 /health 表明其无法应答（{status}）。",
    ),
    "server-timed-out": Phrase(
        "The model server at {address} did not answer in time.", "模型服务 {address} 未及时应答。"
    ),
    "server-off-protocol": Phrase(
        "The model server at {address} answered with something else ({cause}).",
        "模型服务 {address} 应答异常（{cause}）。",
    ),
    "server-refuses-key": Phrase(
        "The model server at {address} refuses the API key ({status}: {text}).",
        "模型服务 {address} 拒绝该密钥（{status}：{text}）。",
    ),
    "server-lacks-model": Phrase(
        "The model server at {address} does not serve {model} ({status}: {text}).",
        "模型服务 {address} 不提供 {model}（{status}：{text}）。",
    ),
    "server-has-no-room": Phrase(
        "The model server at {address} has no room now ({status}: {text}).",
        "模型服务 {address} 暂无余量（{status}：{text}）。",
    ),
    "server-unable": Phrase(
        "The model server at {address} is not able to answer ({status}: {text}).",
        "模型服务 {address} 无法应答（{status}：{text}）。",
    ),
    "server-refuses-request": Phrase(
        "The model server at {address} refuses the request ({status}: {text}).",
        "模型服务 {address} 拒绝该请求（{status}：{text}）。",
    ),
    "server-serves-others": Phrase(
        "The model server at {address} serves {served}, not {model}.",
        "模型服务 {address} 提供的是 {served}，而非 {model}。",
    ),
    "server-resizes-pictures": Phrase(
        "The server counts {counted} tokens between pictures of {small} and {large}, {dialect} "
        "{expected}: it resizes pictures, or the model is of another family, and boxes would be in "
        "the wrong place.",
        "对于 {small} 与 {large} 的图片，模型服务计得的词元数相差 {counted}，而 {dialect} 应相差 "
        "{expected}：该服务会缩放图片，或模型属于其他系列，检测框位置会出错。",
    ),
    "server-gave-up": Phrase(
        "The model server gave up in the middle of its answer ({cause}).",
        "模型服务在应答中途中断（{cause}）。",
    ),
    "server-sent-no-answer": Phrase(
        "The model server sent something else than an answer: {text!r}.",
        "模型服务发来的不是应答：{text!r}。",
    ),
    "model-list-unreadable": Phrase(
        "The list of the server's models cannot be read.", "无法读取模型服务的模型列表。"
    ),
    "answer-empty": Phrase(
        "The model server answered with an empty answer.", "模型服务返回空回答。"
    ),
    "answer-garbage": Phrase(
        "The model server answered with a run of ! or ?.", "模型服务返回一连串 ! 或 ?。"
    ),
    "no-crop-answer-readable": Phrase(
        "The model's answer about one place is none of those asked for: {text!r}.",
        "模型对单处的回答不在可选答案之内：{text!r}。",
    ),
    "no-box-readable": Phrase(
        "No box can be read in the model's answer: {text!r}.", "模型回答中读不出检测框：{text!r}。"
    ),
    "model-key-malformed": Phrase(
        "The model server's API key holds characters that no key has.",
        "模型服务的 API 密钥含有密钥中不可能出现的字符。",
    ),
    "model-url-unreadable": Phrase(
        "The URL of a model server cannot be read ({cause}).", "模型服务的地址无法解读（{cause}）。"
    ),
    "model-url-malformed": Phrase(
        "{url!r} is no URL of a model server; write it like http://10.0.0.5:8000/v1.",
        "{url!r} 不是模型服务的地址；请写成 http://10.0.0.5:8000/v1 的形式。",
    ),
    "qwen-needs-address": Phrase(
        "The qwen backend needs the address of a model server.", "qwen 后端需要模型服务的地址。"
    ),
    "start-model-server": Phrase(
        "Start it, or set SAFETY_QWEN_URLS to where it runs.",
        "请启动该服务，或将 SAFETY_QWEN_URLS 设为其所在地址。",
    ),
    "server-in-use": Phrase(
        "The service has {pictures} of at most {limit} pictures there.",
        "服务正在其上处理 {pictures} 张图片（上限 {limit}）。",
    ),
    "server-not-used": Phrase(
        "The service does not use it since {since} UTC.", "服务自 {since} UTC 起未使用该服务器。"
    ),
    "unknown-dialect": Phrase(
        "There is no dialect {dialect!r}; the dialects are {known}.",
        "没有名为 {dialect!r} 的坐标格式；可选：{known}。",
    ),
    "dialect-not-told": Phrase(
        "The model name {model!r} does not say how the model writes boxes; set "
        "SAFETY_QWEN_DIALECT to one of {known}.",
        "无法从模型名称 {model!r} 得知其检测框写法；请将 SAFETY_QWEN_DIALECT 设为 {known} 之一。",
    ),
    "picture-too-elongated": Phrase(
        "The model takes pictures whose longer side is at most {ratio} times the shorter; "
        "this one is {size}.",
        "模型只接受长边不超过短边 {ratio} 倍的图片，该图片为 {size}。",
    ),
    "onnx-failed": Phrase(
        "ONNX Runtime could not compute: {cause}",
        "ONNX Runtime 计算失败：{cause}",
    ),
    "calibration-unreadable": Phrase(
        "The calibration {path} cannot be read: {cause}. `eval --calibrate` writes one.",
        "无法读取校准表 {path}：{cause}。可用 eval --calibrate 生成。",
    ),
    "calibration-too-large": Phrase(
        "The calibration {path} has more than {bytes:,} bytes: none of `eval --calibrate`.",
        "校准表 {path} 超过 {bytes:,} 字节，不是 eval --calibrate 生成的校准表。",
    ),
    "calibration-malformed": Phrase(
        "{path} is no table of `eval --calibrate`: {listed}.",
        "{path} 不是 eval --calibrate 生成的校准表：{listed}。",
    ),
    "calibration-of-another": Phrase(
        "The calibration {path} was made with {made_with}; here is {present}, whose scores mean "
        "something else. Make it anew: safety-detector eval ANNOTATIONS.json --calibrate {path}",
        "校准表 {path} 是用 {made_with} 生成的，而当前为 {present}，两者得分含义不同。请重新生成："
        "safety-detector eval ANNOTATIONS.json --calibrate {path}",
    ),
    "calibrations-of-one": Phrase(
        "SAFETY_SCORE_CALIBRATION names two tables for {backend}: {first} and {second}.",
        "SAFETY_SCORE_CALIBRATION 中有两个校准表属于同一检测器 {backend}：{first} 和 {second}。",
    ),
    "no-weights": Phrase(
        "There are no weights at {path}.",
        "{path} 处没有模型文件。",
    ),
    "weights-too-large": Phrase(
        "{path} is larger than {mib} MiB; weights of ours are not.",
        "{path} 超过 {mib} MiB；本程序的模型文件没有这么大。",
    ),
    "weights-changed-meanwhile": Phrase(
        "{path} changed while it was copied; try again when it is finished.",
        "{path} 在复制过程中发生变化；请在其写完后重试。",
    ),
    "weights-record-unreadable": Phrase(
        "{path}, which says which weights are in use, cannot be read: {cause}. Remove it to use "
        "those that come with the program.",
        "{path} 记录正在使用的模型文件，但无法读取：{cause}。删除该文件即可使用程序自带的模型。",
    ),
    "installed-weights-missing": Phrase(
        "The weights that were installed, {path}, cannot be read: {cause}. Put the file back, or "
        "run safety-detector weights back.",
        "已安装的模型文件 {path} 无法读取：{cause}。请恢复该文件，或运行 safety-detector weights "
        "back。",
    ),
    "installed-weights-changed": Phrase(
        "{path} is not the file that was installed any more: its bytes changed. Put the file back, "
        "or run safety-detector weights back.",
        "{path} 已不是当初安装的文件：其内容已改变。请恢复该文件，或运行 safety-detector weights "
        "back。",
    ),
    "no-earlier-weights": Phrase(
        "No weights were installed in {path}: those that come with the program are in use.",
        "{path} 中未安装过模型文件：正在使用程序自带的模型。",
    ),
    "weights-unreadable": Phrase(
        "{path} is not a readable ONNX file: {cause}",
        "{path} 不是可读取的 ONNX 文件：{cause}",
    ),
    "weights-foreign": Phrase(
        "{path} is not a model of ours: it takes {inputs} and gives {outputs}, not image "
        "and boxes, scores.",
        "{path} 不是本程序的模型：其输入为 {inputs}、输出为 {outputs}，而非 image 与 boxes"
        "、scores。",
    ),
    "weights-metadata-wrong": Phrase(
        "{path}: its metadata {field}: {cause}",
        "{path}：元数据 {field}：{cause}",
    ),
    "weights-lack-classes": Phrase(
        "{path} knows {known}, not {wanted}",
        "{path} 的类别为 {known}，而非 {wanted}",
    ),
}
