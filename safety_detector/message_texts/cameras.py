"""What is said of cameras: their addresses, what is wrong with their streams.

Long on purpose: a table without code, checked as a whole by a reader of both languages.
"""

from __future__ import annotations

from safety_detector.message_texts.phrase import Phrase

CAMERAS: dict[str, Phrase] = {
    # Addresses.
    "camera-address-empty": Phrase(
        "The camera's source needs an address, such as rtsp://10.0.0.7/stream, or a path.",
        "摄像头来源需要地址（如 rtsp://10.0.0.7/stream）或路径。",
    ),
    "camera-address-scheme": Phrase(
        "Cameras are reached by rtsp, rtsps, http or https, not by {scheme}.",
        "摄像头地址支持 rtsp、rtsps、http、https，不支持 {scheme}。",
    ),
    "camera-address-senseless": Phrase(
        "That is no address of a camera: {cause}.",
        "这不是有效的摄像头地址：{cause}。",
    ),
    "camera-address-characters": Phrase(
        "it has white space or control characters, or is too long",
        "含有空白或控制字符，或过长",
    ),
    "camera-address-host": Phrase("its host makes no sense", "主机名无效"),
    "camera-address-port": Phrase(
        "behind its host stands no port from 1 to 65535; a user and password stand before an @",
        "主机名之后不是 1 到 65535 的端口；用户名和密码应写在 @ 之前",
    ),
    "camera-address-without-host": Phrase(
        "The address names no host.",
        "地址中没有主机名。",
    ),
    "camera-path-relative": Phrase(
        "That is neither a path that begins with / nor an address such as rtsp://10.0.0.7/stream.",
        "这既不是以 / 开头的路径，也不是 rtsp://10.0.0.7/stream 这样的地址。",
    ),
    "camera-address-open-password": Phrase(
        "A sign in the password breaks the address up; give user and password by themselves, or "
        "write / as %2F, ? as %3F and # as %23.",
        "密码中的符号使地址无法解析；请单独填写用户名和密码，"
        "或将 / 写作 %2F、? 写作 %3F、# 写作 %23。",
    ),
    "camera-address-two-passwords": Phrase(
        "The address holds other user names or passwords than were given beside it.",
        "地址中的用户名或密码与单独填写的不一致。",
    ),
    "camera-kind-differs": Phrase(
        "A source of kind {kind} is not reached by {scheme}.",
        "{kind} 类来源不能使用 {scheme} 地址。",
    ),
    # Where they may be.
    "camera-network-not-allowed": Phrase(
        "{address} is in no network in which cameras may be: {networks}. SAFETY_CAMERA_NETWORKS "
        "names them; a cloud's metadata addresses are never allowed.",
        "{address} 不在允许的摄像头网络内：{networks}。可用 SAFETY_CAMERA_NETWORKS 设置；"
        "云平台的元数据地址一律不允许。",
    ),
    "camera-folders-none": Phrase(
        "{path} may not be read: no folder of this machine may be a camera's. The operator allows "
        "one with SAFETY_CAMERA_FOLDERS, for example SAFETY_CAMERA_FOLDERS=/srv/ftp.",
        "不允许读取 {path}：本机没有任何目录可作为摄像头来源。管理员可用 SAFETY_CAMERA_FOLDERS "
        "允许，例如 SAFETY_CAMERA_FOLDERS=/srv/ftp。",
    ),
    "camera-path-not-absolute": Phrase(
        "{path} is no absolute path without '..'.",
        "{path} 不是不含“..”的绝对路径。",
    ),
    "camera-path-not-allowed": Phrase(
        "{path} is in none of the folders that SAFETY_CAMERA_FOLDERS allows.",
        "{path} 不在 SAFETY_CAMERA_FOLDERS 允许的目录内。",
    ),
    "camera-password-needed": Phrase(
        "The password was given for another server than that of {url}: give user and password "
        "again, or a null password where it needs none.",
        "已保存的密码属于另一台服务器，而不是 {url}：请重新填写用户名和密码；"
        "若不需要密码，请填 null。",
    ),
    # Above a picture that is not live.
    "picture-not-live": Phrase("NOT LIVE: {age}", "非实时：{age}"),
    "picture-old-seconds": Phrase("{number} s old", "{number} 秒前"),
    "picture-old-minutes": Phrase("{number} min old", "{number} 分钟前"),
    "picture-old-hours": Phrase("{number} h old", "{number} 小时前"),
    "picture-old-days": Phrase("{number} days old", "{number} 天前"),
    "picture-taken-at": Phrase("Picture taken at {moment}", "拍摄时间 {moment}"),
    # What became of a connection.
    "camera-name-unknown": Phrase(
        "The name {host} is not known to the name servers.",
        "域名 {host} 无法解析。",
    ),
    "camera-name-timeout": Phrase(
        "No name server answered within {seconds:g} s where {host} is.",
        "域名服务器未在 {seconds:g} 秒内解析 {host}。",
    ),
    "camera-refused": Phrase(
        "Nothing listens at {address}: the connection was refused. Is the port right?",
        "{address} 拒绝连接，请核对端口。",
    ),
    "camera-not-reached": Phrase(
        "{address} cannot be reached ({cause}).",
        "无法连接 {address}（{cause}）。",
    ),
    "camera-connect-timeout": Phrase(
        "{address} did not answer within {seconds:g} s. Is the camera on, and the address right?",
        "{address} 在 {seconds:g} 秒内没有响应，请确认摄像头已开机且地址正确。",
    ),
    "camera-answer-timeout": Phrase(
        "{address} took the connection and did not answer within {seconds:g} s.",
        "{address} 已接受连接，但 {seconds:g} 秒内没有应答。",
    ),
    "camera-hung-up": Phrase(
        "{address} closed the connection without an answer.",
        "{address} 未应答即关闭连接。",
    ),
    "camera-step-timeout": Phrase(
        "No picture came within {seconds:g} s; at the end the test was at the step: {step}.",
        "{seconds:g} 秒内没有画面，测试停在步骤：{step}。",
    ),
    "camera-step-start": Phrase("start of the stream's process", "启动取流进程"),
    "camera-step-connect": Phrase("connection and login", "连接和登录"),
    "camera-step-open": Phrase("opening of the video", "打开视频"),
    "camera-step-watch": Phrase("first picture", "等待首帧画面"),
    # Logins and paths.
    "camera-wants-password": Phrase(
        "The camera wants a user name and a password (status {status}).",
        "摄像头需要用户名和密码（状态 {status}）。",
    ),
    "camera-password-wrong": Phrase(
        "The camera does not take this user name and password (status {status}).",
        "摄像头不接受该用户名和密码（状态 {status}）。",
    ),
    "camera-forbids": Phrase(
        "The camera forbids this ({answer}); the user may lack the right to watch.",
        "摄像头禁止访问（{answer}），该用户可能没有预览权限。",
    ),
    "camera-login-unknown": Phrase(
        "The camera wants a kind of login that is not known here ({scheme}).",
        "摄像头要求的登录方式不受支持（{scheme}）。",
    ),
    "camera-no-such-path": Phrase(
        "The camera has nothing at this path ({answer}). Is the rest of the address right?",
        "摄像头没有该路径（{answer}），请核对地址的路径部分。",
    ),
    "camera-answers": Phrase(
        "The camera answered {answer}.",
        "摄像头应答 {answer}。",
    ),
    "camera-has-no-room": Phrase(
        "The camera serves no more viewers at the moment ({answer}).",
        "摄像头当前的取流连接数已满（{answer}）。",
    ),
    "camera-redirects": Phrase(
        "The camera leads from one address to the next, more than {limit} times.",
        "摄像头重定向超过 {limit} 次。",
    ),
    "camera-leads-elsewhere": Phrase(
        "The camera led the connection to another address, {address}.",
        "摄像头将连接重定向到其他地址 {address}。",
    ),
    "camera-speaks-http": Phrase(
        "{address} is a web server and speaks no RTSP; the usual port of RTSP is 554.",
        "{address} 是网页服务，不支持 RTSP；RTSP 的常用端口为 554。",
    ),
    "camera-speaks-no-rtsp": Phrase(
        "What answers at {address} speaks no RTSP.",
        "{address} 的应答不是 RTSP。",
    ),
    "camera-without-video": Phrase(
        "{address} describes a stream without video.",
        "{address} 的流中没有视频。",
    ),
    "camera-codec-unknown": Phrase(
        "The video is coded as {codec}, for which there is no decoder here; set the camera to "
        "H.264 or H.265.",
        "视频编码为 {codec}，没有相应的解码器；请将摄像头设为 H.264 或 H.265。",
    ),
    # What is wrong with a stream.
    "camera-first-picture-timeout": Phrase(
        "The camera took the connection, and no picture came within {seconds:g} s.",
        "摄像头已建立连接，但 {seconds:g} 秒内没有画面。",
    ),
    "camera-silent": Phrase(
        "No picture came for {seconds:g} s.",
        "{seconds:g} 秒没有画面。",
    ),
    "camera-stream-ended": Phrase(
        "The camera ended the stream.",
        "摄像头结束了视频流。",
    ),
    "camera-video-ended": Phrase(
        "The video has come to its end.",
        "视频已播放完毕。",
    ),
    "camera-no-video-found": Phrase(
        "There is no video that can be read.",
        "没有可读取的视频。",
    ),
    "camera-no-frame": Phrase(
        "No picture of the video can be decoded ({cause}).",
        "视频中没有可解码的画面（{cause}）。",
    ),
    "camera-not-decoded": Phrase(
        "The video cannot be decoded ({cause}).",
        "视频无法解码（{cause}）。",
    ),
    "camera-file-irregular": Phrase(
        "{path} is no regular file.",
        "{path} 不是普通文件。",
    ),
    "camera-file-unreadable": Phrase(
        "{path} cannot be read ({cause}).",
        "{path} 无法读取（{cause}）。",
    ),
    "camera-not-delivered": Phrase(
        "The camera delivered nothing: {cause}",
        "摄像头未返回数据：{cause}",
    ),
    "camera-sent-no-picture": Phrase(
        "What the camera sent is no whole picture: {cause}",
        "摄像头返回的不是完整图片：{cause}",
    ),
    "camera-sends-page": Phrase(
        "The address leads to a page ({kind}), not to pictures or video.",
        "该地址是网页（{kind}），不是图片或视频。",
    ),
    "camera-mjpeg-without-picture": Phrase(
        "The camera's MJPEG stream has no whole picture in it.",
        "摄像头的 MJPEG 流中没有完整图片。",
    ),
    "camera-playlist-senseless": Phrase(
        "What was taken for an HLS playlist is none.",
        "该内容不是 HLS 播放列表。",
    ),
    "camera-playlist-encrypted": Phrase(
        "The HLS stream is encrypted, which is not read here.",
        "HLS 流已加密，不支持读取。",
    ),
    "camera-playlist-stands": Phrase(
        "The HLS playlist names no new pieces of the video any more.",
        "HLS 播放列表不再更新。",
    ),
    "camera-sends-too-much": Phrase(
        "The camera sends more than {limit:,} bytes at once.",
        "摄像头一次返回的数据超过 {limit:,} 字节。",
    ),
    # What became of a stream's process.
    "camera-takes-memory": Phrase(
        "The stream takes more than {limit_megabytes:,.0f} MB of memory; its process was ended.",
        "该视频流占用内存超过 {limit_megabytes:,.0f} MB，其进程已终止。",
    ),
    "camera-takes-time": Phrase(
        "Decoding got stuck for {seconds} s of processor time; the stream's process was ended.",
        "解码卡住达 {seconds} 秒处理器时间，取流进程已终止。",
    ),
    "camera-hangs": Phrase(
        "The stream's process gave no sign of life; it was ended at the step: {step}.",
        "取流进程没有响应，已在以下步骤终止：{step}。",
    ),
    "camera-crashed": Phrase(
        "The stream made its decoder crash ({signal}).",
        "该视频流使解码进程崩溃（{signal}）。",
    ),
    "camera-process-ended": Phrase(
        "The stream's process ended without a word.",
        "取流进程意外结束。",
    ),
    "camera-process-lies": Phrase(
        "The stream's process said what makes no sense; it was ended.",
        "取流进程的输出无法识别，已终止。",
    ),
    "camera-no-process": Phrase(
        "No process can be started for the stream ({cause}).",
        "无法为视频流启动进程（{cause}）。",
    ),
    "camera-kind-not-pulled": Phrase(
        "A source of kind {kind} is not pulled.",
        "{kind} 类来源不需要取流。",
    ),
    # Their health.
    "camera-fault-silent": Phrase(
        "No picture has come from the camera.",
        "摄像头没有传来画面。",
    ),
    "camera-fault-silent-because": Phrase(
        "No picture has come from the camera: {reason}",
        "摄像头没有传来画面：{reason}",
    ),
    "camera-fault-never-seen": Phrase(
        "No picture has ever come from the camera.",
        "摄像头从未传来画面。",
    ),
    "camera-fault-frozen": Phrase(
        "Not one pixel of the picture has changed for {minutes} minutes: what it shows may be old.",
        "画面已有 {minutes} 分钟一个像素都没有变化：显示的可能是旧画面。",
    ),
    "camera-fault-dark": Phrase(
        "Nothing can be seen: {reason}",
        "什么都看不到：{reason}",
    ),
    "camera-fault-dark-unexplained": Phrase(
        "Nothing can be seen: the picture is too dark.",
        "什么都看不到：画面过暗。",
    ),
    "camera-fault-covered": Phrase(
        "The view is blocked, or blinded by light: {reason}",
        "视野被遮挡，或受强光照射：{reason}",
    ),
    "camera-fault-covered-unexplained": Phrase(
        "The view is blocked, or blinded by light.",
        "视野被遮挡，或受强光照射。",
    ),
    "camera-fault-blurred": Phrase(
        "The picture is less sharp than it was: look at focus and lens.",
        "画面不如以前清晰：请检查对焦和镜头。",
    ),
    "camera-fault-moved": Phrase(
        "The camera looks elsewhere than it did when its reference was set: turn it back, or set "
        "the reference anew.",
        "摄像头的朝向与设定基准画面时不同：请调回原位，或重新设定基准画面。",
    ),
    "camera-fault-clock-ahead": Phrase(
        "The camera's clock is {seconds} s ahead.",
        "摄像头时钟快 {seconds} 秒。",
    ),
    "camera-fault-clock-behind": Phrase(
        "The camera's clock is {seconds} s behind, or its pictures come so late.",
        "摄像头时钟慢 {seconds} 秒，或画面延迟到达。",
    ),
    "camera-fault-clock-unexplained": Phrase(
        "The camera's clock is off.",
        "摄像头时钟不准。",
    ),
    "camera-fault-refused": Phrase(
        "What the camera sends is refused: {reason}",
        "摄像头传来的内容被拒收：{reason}",
    ),
    "camera-fault-refused-unexplained": Phrase(
        "What the camera sends is refused.",
        "摄像头传来的内容被拒收。",
    ),
}
