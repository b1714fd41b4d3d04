"""The settings: environment ``SAFETY_*``, a ``.env`` file, ``SAFETY_*_FILE`` for secrets.

Only the entry points and ``wiring`` read them; everything else takes plain arguments.

Long on purpose: each setting stands here once, with its default, its bounds and the sentence that
users read of it in ``docs/settings.md``.
"""

from __future__ import annotations

import difflib
import io
import logging
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ByteSize,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from safety_detector.detectors.qwen.tiles import MAX_QWEN_TILES
from safety_detector.detectors.thresholds import (
    RawClassName,
    check_thresholds,
    parse_labels,
    parse_thresholds,
)
from safety_detector.detectors.tiling import parse_tiling
from safety_detector.domain.hazards import Language
from safety_detector.domain.people import Role, parse_group_roles
from safety_detector.errors import ConfigurationInvalid
from safety_detector.host.disk_room import DiskShare, parse_disk_share
from safety_detector.host.local_time import local_time_zone
from safety_detector.message_texts.reason import system_cause
from safety_detector.network.addresses import (
    Network,
    is_loopback_host,
    network,
    origin,
    url_prefix,
)
from safety_detector.network.permitted import CAMERA_NETWORKS
from safety_detector.network.redis_address import check_redis_url
from safety_detector.value_faults import in_words, is_own

PREFIX = "SAFETY_"
_FILE_SUFFIX = "_FILE"
_SHOWN_CHARACTERS = 80
_DOTENV = Path(".env")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_TAKEN_HEADERS = frozenset(
    ("authorization", "connection", "content-length", "content-type", "cookie", "forwarded",
     "host", "origin", "referer", "transfer-encoding", "user-agent", "x-api-key",
     "x-forwarded-for", "x-forwarded-host", "x-forwarded-prefix", "x-forwarded-proto", "x-real-ip")
)  # fmt: skip
# Says of each bad line, at each reading, a number and no file; `setting_warnings` says it once.
logging.getLogger("dotenv.main").addFilter(lambda record: "could not parse" not in record.msg)

Backend = Literal["qwen", "embedded"]
Queue = Literal["qwen", "embedded", "render"]
Origin = Literal["environment", "file", ".env", "default"]
LabelName = Literal["fire", "smoke", "person"]


def _split(value: object) -> object:
    """Comma-separated text to a list, so that a list can stand in an environment variable."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _thresholds(value: object) -> object:
    """``fire=0.4,smoke=0.5`` to a mapping."""
    if isinstance(value, Mapping):
        return check_thresholds(value)
    return parse_thresholds(value) if isinstance(value, str) else value


def _labels(value: object) -> object:
    return parse_labels(value) if isinstance(value, str) else value


def _tiling(value: object) -> object:
    return str(parse_tiling(str(value)))


def _qwen_tiling(value: object) -> object:
    return str(parse_tiling(str(value), MAX_QWEN_TILES))


def _disk_share(value: object) -> object:
    return parse_disk_share(value) if isinstance(value, str) else value


def _seconds(value: object) -> object:
    """A bare number is seconds; ISO 8601 durations ("PT2M") pass through to Pydantic."""
    if isinstance(value, str) and value.replace(".", "", 1).isdecimal():
        return timedelta(seconds=float(value))
    return value


def _web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("an address does not begin with http:// or https://")
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        host = None
    if not host or any(char.isspace() for char in url):
        raise ValueError(
            "the host or port of an address makes no sense; for example http://10.0.0.5:8000/v1"
        )
    return url


def _public_url(url: str) -> str:
    """The beginning of links."""
    if any(character in _web_address(url) for character in "@?#"):
        raise ValueError("an address for links has no user, query or fragment")
    return url.rstrip("/")


def _issuer_url(url: str) -> str:
    """As the provider writes it: the end counts."""
    _public_url(url)
    if not url.startswith("https://") and not is_loopback_host(urlsplit(url).netloc):
        raise ValueError("a provider is asked over https, or on this machine")
    return url


def _http_url(url: str) -> str:
    _web_address(url)
    # The OpenAI client wants the base with its version; a bare host means the usual one.
    return url.rstrip("/") if urlsplit(url).path.strip("/") else url.rstrip("/") + "/v1"


def _header_name(name: str) -> str:
    """Of a header that means nothing else."""
    if not _HEADER_NAME.fullmatch(name) or name.lower() in _TAKEN_HEADERS:
        raise ValueError("a header of its own is needed, for example X-Remote-User")
    return name.lower()


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError(f"{path} is no absolute path")
    return path


def _group_roles(value: object) -> object:
    """``safety-admins=administrator,ehs=manager,*=viewer``, or JSON, to a mapping."""
    if not isinstance(value, str):
        return value
    return parse_group_roles(value)


def _redis_url(url: SecretStr) -> SecretStr:
    check_redis_url(url.get_secret_value())
    return url


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
HeaderName = Annotated[str, AfterValidator(_header_name)]
CommaSeparated = NoDecode, BeforeValidator(_split)
Duration = Annotated[timedelta, BeforeValidator(_seconds), Field(gt=timedelta(0))]
NetworkRange = Annotated[Network, BeforeValidator(lambda one: network(str(one)))]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
IssuerUrl = Annotated[str, AfterValidator(_issuer_url)]
PublicUrl = Annotated[str, AfterValidator(_public_url)]


class Settings(BaseSettings):
    """Every setting, with its default; the environment variable is ``SAFETY_`` + the name."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    data_dir: Path = Field(
        Path("data"), description="Folder for pictures, annotated pictures, reports, fonts."
    )
    backend: Backend | None = Field(
        None,
        description="Detector: qwen or embedded. Unset: qwen where SAFETY_QWEN_URLS is set, "
        "else embedded.",
    )
    language: Language = Field("en", description="Language of pictures and reports: en or zh.")

    database_url: SecretStr | None = Field(
        None,
        description="Database of the service, for example postgresql://user:password@host/name. "
        "Unset: SQLite in the data folder.",
    )
    redis_url: Annotated[SecretStr, AfterValidator(_redis_url)] | None = Field(
        None,
        description="Redis or Valkey server that wakes the workers, for example "
        "redis://:password@host:6379/0; rediss:// for TLS. Signs like # / @ % in a password are "
        "written %23 %2F %40 %25. Unset: serve starts its own.",
    )
    redis_ca_file: Path | None = Field(
        None,
        description="Certificates (PEM) that the server of a rediss:// address is checked "
        "against, for one of your own authority. Unset: the system's.",
    )
    first_api_key: SecretStr | None = Field(
        None,
        description="An admin's API key that migrate and serve register while there never was any, "
        "sdk_first_ and at least 32 letters or digits. Further ones: safety-detector keys.",
    )
    qwen_slots: int = Field(
        0,
        ge=0,
        description="Pictures that one worker has in hand for the model servers at a time; 0 means "
        "as many as all servers may have, and four more that are read or drawn meanwhile.",
    )
    embedded_slots: int = Field(
        0, ge=0, description="Processes of the embedded detector; 0 means one per core."
    )

    keep_days: float | None = Field(
        None,
        gt=0,
        description="Days that inspections are kept after their end, with their pictures; then "
        "they are purged, unless they are held, or show an incident that people are at work on. So "
        "are ordered reports, unless they are about something held, settled incidents, and "
        "messages. What has just ended stays ten minutes. Unset: for ever.",
    )
    keep_bytes: ByteSize | None = Field(
        None,
        gt=0,
        description="Most bytes of stored pictures, for example 500GB; beyond it the oldest "
        "inspections are purged, unless they are held. Held ones count, unfinished ones do not; "
        "where held ones alone are more, nothing is purged for its size. Unset: no limit.",
    )

    min_free_disk: Annotated[DiskShare, NoDecode, BeforeValidator(_disk_share)] | None = Field(
        None,
        description="Room that stays free on the disk of the data folder: while there is less, "
        "nothing new is accepted (507), so that what was accepted can be finished. Bytes or a "
        "share, for example 2GB or 5%; 0 for no such limit. Unset: 5%, at most 1 GiB.",
    )
    disk_reserve: Annotated[DiskShare, NoDecode, BeforeValidator(_disk_share)] | None = Field(
        None,
        description="Size of a reserve in the data folder that is given up when its disk is full, "
        "so that purge and a start always have room, and made again later. Bytes or a share; 0 "
        "for none. Unset: 2%, at most 128 MiB.",
    )

    lease: Duration = Field(
        timedelta(seconds=30),
        description="How long a picture stays with a worker that gives no sign of life, in "
        "seconds.",
    )
    heartbeat: Duration = Field(
        timedelta(seconds=5), description="How often a worker gives a sign of life, in seconds."
    )
    deaf_after: Duration = Field(
        timedelta(seconds=60),
        description="How long work may wait beside an idle worker before the worker starts anew, "
        "in seconds.",
    )
    picture_time_limit: Duration = Field(
        timedelta(seconds=120),
        description="Longest time for one picture in an embedded worker, in seconds.",
    )
    report_time_limit: Duration = Field(
        timedelta(hours=2),
        description="Longest time for one report that a render worker makes, in seconds.",
    )
    max_report_pictures: int | None = Field(
        None,
        gt=0,
        description="Most pictures in one report that is ordered by REST. Unset: any number, in "
        "volumes of 500 with an index.",
    )
    max_unfinished_reports: int = Field(
        10,
        gt=0,
        description="Reports of one API key that are queued or running at the same time; more get "
        "429.",
    )
    log_format: Literal["text", "json"] = Field("text", description="Log lines: text or json.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level that is logged."
    )

    max_picture_bytes: int = Field(
        32 * 2**20, gt=0, description="Largest picture file that is accepted, in bytes."
    )
    max_picture_pixels: int = Field(
        64_000_000,
        gt=0,
        description="Largest picture that is decoded, in pixels. It bounds memory too: one "
        "inspection peaks at 7 bytes for each of them, and 150 MB: 600 MB; the pictures that one "
        "worker has in hand at 2.4 GB. With more pixels, give workers more memory.",
    )
    max_request_files: int = Field(100, gt=0, description="Most pictures in one upload of several.")
    max_request_bytes: int = Field(
        256 * 2**20, gt=0, description="Most bytes of one upload of several, all together."
    )
    requests_per_second: float | None = Field(
        None,
        gt=0,
        description="Requests of one API key in the long run; more get 429. Unset: no limit.",
    )
    request_burst: int = Field(
        200, gt=0, description="Requests of one API key at once, where their rate is limited."
    )
    root_path: Annotated[str, AfterValidator(url_prefix)] = Field(
        "",
        description="Prefix under which a proxy serves the API, for example /safety, whether it "
        "takes it off or not. Unset: none, or what X-Forwarded-Prefix of a trusted proxy says.",
    )
    trusted_proxies: Annotated[tuple[NetworkRange, ...], *CommaSeparated] = Field(
        (),
        description="Networks in CIDR form, separated by commas, of proxies before the API whose "
        "Forwarded and X-Forwarded-* headers are believed, for example 127.0.0.1,10.0.0.0/24. "
        "Unset: nobody's.",
    )
    proxy_user_header: HeaderName | None = Field(
        None,
        description="Header in which a proxy before the console says who has signed in with it, "
        "for example X-Remote-User. Needs SAFETY_TRUSTED_PROXIES; from elsewhere it is taken off. "
        "The proxy must not let through what a browser sends under this name. Unset: none.",
    )
    proxy_groups_header: HeaderName | None = Field(
        None,
        description="Header in which that proxy says to which groups they belong, separated by "
        "commas, for SAFETY_GROUP_ROLES. Unset: none.",
    )
    oidc_issuer: IssuerUrl | None = Field(
        None,
        description="An OpenID Connect provider with which people sign in to the console, for "
        "example https://login.example.com/realms/plant. It has to know the address "
        "SAFETY_PUBLIC_URL/sign-in/openid/callback. Unset: passwords of this service alone.",
    )
    oidc_client_id: str | None = Field(
        None, description="By which name the provider knows this service."
    )
    oidc_client_secret: SecretStr | None = Field(
        None, description="The secret that goes with it. Unset: a public client, with PKCE alone."
    )
    oidc_scopes: str = Field(
        "openid profile email", description="What the provider is asked for, separated by spaces."
    )
    oidc_name_claim: str = Field(
        "preferred_username",
        description="Where the provider says what somebody is called. Where it is missing: name, "
        "email, or sub.",
    )
    oidc_groups_claim: str = Field(
        "groups",
        description="Where the provider says to which groups they belong, for SAFETY_GROUP_ROLES; "
        "a dot leads inwards, as in realm_access.roles.",
    )
    oidc_ca_file: Path | None = Field(
        None,
        description="Certificates (PEM) that the provider may show besides those of the usual "
        "authorities.",
    )
    group_roles: Annotated[dict[str, Role], NoDecode, BeforeValidator(_group_roles)] = Field(
        {},
        description="Which role each group of the proxy or provider has, for example "
        "safety-admins=administrator,ehs=manager,*=viewer, or as a JSON object; * is everybody, "
        "the highest counts, and who has none is not let in. It is looked at with each sign-in. "
        "Unset: who is new looks (viewer), and keeps the role that is given on the page System.",
    )
    cors_origins: Annotated[tuple[Annotated[str, AfterValidator(origin)], ...], *CommaSeparated] = (
        Field(
            (),
            description="Origins, separated by commas, whose pages may ask the API in a browser, "
            "for example https://console.example; each by name, never *. Unset: none.",
        )
    )
    tls_cert: Path | None = Field(
        None,
        description="PEM file with the certificate of the API and its chain; it then speaks https. "
        "Unset: plain http.",
    )
    tls_key: Path | None = Field(
        None, description="PEM file with the certificate's key. Unset: it is in the same file."
    )
    tls_key_password: SecretStr | None = Field(None, description="Password of that key.")
    fetch_allow: Annotated[tuple[NetworkRange, ...], *CommaSeparated] = Field(
        (),
        description="Networks in CIDR form, separated by commas, that fetched URLs may reach "
        "besides public ones.",
    )
    fetch_ca_file: Path | None = Field(
        None,
        description="Certificates (PEM) that https:// addresses may show besides those of the "
        "usual authorities: an authority's of your own, or cameras' own, whatever name is in them.",
    )
    fetch_deadline: Duration = Field(
        timedelta(seconds=30), description="Longest time for fetching one picture, in seconds."
    )

    camera_networks: Annotated[tuple[NetworkRange, ...], *CommaSeparated] = Field(
        CAMERA_NETWORKS,
        description="Networks in CIDR form, separated by commas, in which cameras may be; a "
        "camera's address that lies elsewhere is refused. Link-local addresses are reached where a "
        "network names them alone, those of a cloud's metadata never.",
    )
    incident_rules: AbsolutePath | None = Field(
        None,
        description="A JSON file that says when incidents open and end, of cameras of which "
        "nothing else is said; its form is that of `incident_rules` of a camera. It is read when "
        "the API starts. Unset: the usual rules.",
    )
    notify_networks: Annotated[tuple[NetworkRange, ...], *CommaSeparated] = Field(
        (),
        description="Networks in CIDR form, separated by commas, to which messages about incidents "
        "may be sent besides public ones. Unset: none but this machine, and that only where the "
        "API listens on this machine alone.",
    )
    notify_ca_file: Path | None = Field(
        None,
        description="Certificates (PEM) that receivers of messages (webhooks, mail servers, "
        "brokers) may show besides those of the usual authorities.",
    )
    public_url: PublicUrl | None = Field(
        None,
        description="Where people's browsers reach the service, with the prefix of a proxy, for "
        "example https://safety.example.com; links in messages begin with it. Unset: messages for "
        "people have no link, and those of webhooks are paths.",
    )
    camera_folders: Annotated[tuple[AbsolutePath, ...], *CommaSeparated] = Field(
        (),
        description="Folders on the machine that watches, separated by commas, below which the "
        "drop folders and video files of cameras may lie. What is accepted from a drop folder is "
        "moved or deleted there. Unset: none.",
    )
    camera_grace: Duration = Field(
        timedelta(seconds=30),
        description="How long a camera may be away, beyond three of its intervals, before that is "
        "a fault, in seconds.",
    )
    unchanged_max: Annotated[timedelta, BeforeValidator(_seconds), Field(ge=timedelta(0))] = Field(
        timedelta(seconds=60),
        description="How long frames of a camera that show nothing new are counted as unchanged "
        "and not inspected, in seconds; the last verdict stands meanwhile. 0: every frame is "
        "inspected.",
    )
    seal_key_file: Path | None = Field(
        None,
        description="File with the key by which passwords of cameras are sealed in the database; "
        "made at the first need. Of several machines all need the same one. Unset: "
        "keys/seal.key in the data folder.",
    )
    watch_streams: int = Field(
        64, gt=0, description="Most cameras that one process of the role watch holds at a time."
    )
    watch_memory: ByteSize = Field(
        ByteSize(512 * 2**20),
        gt=0,
        description="Most memory of the process that decodes one camera's stream, for example "
        "512MiB; one that needs more is ended and started again.",
    )

    batch_folders: Annotated[tuple[AbsolutePath, ...], *CommaSeparated] = Field(
        (),
        description="Folders on the machine of the API (on each, where there are several), "
        "separated by commas, that POST /v1/batches may read pictures from, with all that lies "
        "below them; whoever may submit can then have them inspected. Unset: none.",
    )
    batch_backlog: int = Field(
        1000,
        gt=0,
        description="While so many pictures of batches wait, no more of such folders are read: "
        "neither queue nor disk fill with pictures that nobody has time for.",
    )

    score_calibration: Annotated[tuple[AbsolutePath, ...], *CommaSeparated] = Field(
        (),
        description="Tables that `eval --calibrate` wrote, separated by commas, one for each "
        "detector: beside its score a detection then has the share of such detections that were "
        "right on the labelled pictures. A table of another model or prompt is refused.",
    )
    qwen_urls: Annotated[tuple[HttpUrl, ...], *CommaSeparated] = Field(
        (),
        description="Base URLs of OpenAI-compatible model servers, separated by commas, for "
        "example http://10.0.0.5:8000/v1.",
    )
    qwen_model: str = Field(
        "Qwen/Qwen2.5-VL-7B-Instruct", description="Name under which the model is served."
    )
    qwen_dialect: Literal["qwen2-vl", "qwen2.5-vl", "qwen3-vl"] | None = Field(
        None, description="Coordinates and grid of the model family. Unset: by the model's name."
    )
    qwen_api_key: SecretStr | None = Field(None, description="Key of the model server.")
    qwen_prompt_language: Language = Field("zh", description="Language of the instruction.")
    prompt_dir: Path | None = Field(
        None,
        description="Folder with prompts of your own, one TOML file each (detection-zh.toml, …), "
        "as safety-detector prompts copy writes them; results carry their version. They are read "
        "when a process starts; one that cannot be used keeps it from starting. Unset: the "
        "built-in prompts.",
    )
    # 1280 × 28² keeps a 1080p frame at 1,222 visual tokens instead of 2,691, and leaves 720p
    # as it is.
    qwen_max_pixels: int = Field(
        1280 * 28 * 28, ge=3136, description="Largest picture sent to the model, in pixels."
    )
    qwen_tiling: Annotated[str, BeforeValidator(_qwen_tiling)] = Field(
        "off",
        description="Whether the model is asked about parts of a picture too, for people who are "
        "small in it; each part costs as much as a picture: off; auto, where somebody of 40 pixels "
        "would be sent with less than 16 (at the usual SAFETY_QWEN_MAX_PIXELS from 6.3 megapixels "
        "on; 4K is then four requests in place of one); or always so many columns and rows, 16 "
        "parts at most, for example 2x2.",
    )
    qwen_max_output_tokens: int = Field(
        512, ge=64, description="Longest answer of the model, in tokens."
    )
    qwen_scores: bool = Field(
        True,
        description="Whether the model's servers are asked how probable each token of an answer "
        "was (`logprobs`), of which the scores of its detections are made. Servers that refuse are "
        "asked without; detections then have no score.",
    )
    qwen_deadline: Duration = Field(
        timedelta(seconds=120), description="Longest time for one answer of the model, in seconds."
    )
    qwen_fallback: Literal["wait", "frames", "embedded"] = Field(
        "frames",
        description="Whether the embedded detector stands in while no model server can be used: "
        "for no picture (`wait`), for cameras' pictures (`frames`), of which alarms wait, or for "
        "all but batches of the command line (`embedded`). The result then shows both runs and is "
        "never clear; an alarm is marked unverified. With SAFETY_SECOND_LOOK=suspects cameras' "
        "pictures without a suspicion are clear by the embedded detector alone, whatever is said "
        "here.",
    )
    qwen_patience: Duration = Field(
        timedelta(seconds=20),
        description="Longest time that a camera's picture waits for the model before the embedded "
        "detector looks at it, in seconds.",
    )
    second_look: Literal["off", "suspects", "all"] = Field(
        "off",
        description="How cameras' pictures are looked at. `off`: the language model sees each. "
        "`suspects`: the embedded detector looks at each on the CPU; the language model is asked "
        "about the places that it suspects, and sees one picture in "
        "SAFETY_SECOND_LOOK_FULL_EVERY whole. `all`: both see each picture, and the language model "
        "is asked about suspected places besides. Uploads are always seen whole.",
    )
    second_look_full_every: int = Field(
        32,
        ge=0,
        description="With `suspects`, of each camera one picture in so many is shown whole to the "
        "language model, whatever is suspected; 0: none.",
    )
    second_look_thresholds: Annotated[
        dict[RawClassName, float], NoDecode, BeforeValidator(_thresholds)
    ] = Field(
        {},
        description="Scores from which the embedded detector suspects something that the language "
        "model then is asked about, for example fire=0.2,smoke=0.2,head_bare=0.3; hazards are "
        "reported by SAFETY_EMBEDDED_THRESHOLDS. Unset: those; lower ones cost many questions.",
    )
    second_look_questions: int = Field(
        3,
        gt=0,
        le=20,
        description="Most suspected places of one picture that the language model is asked about, "
        "the most urgent first; the result says how many were left out.",
    )
    second_look_stands: Duration = Field(
        timedelta(seconds=20),
        description="How long an answer that was given twice stands for its place before the "
        "language model is asked again, in seconds; one that there is nothing three times as long, "
        "and up to twelve times where it is given again and again. Of somebody no answer stands.",
    )
    second_look_budget: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="Most requests a second that each model server gets of second looks, of all "
        "workers together. What goes beyond is left unasked: a hazard is told unverified, a mere "
        "suspicion is inconclusive. Unset: as many as the servers take.",
    )
    # By the figures of 4 × T4 one picture at a time is 0.33 a second, 16 in flight are 2.2.
    qwen_max_in_flight: int = Field(
        16,
        gt=0,
        description="Most pictures that one model server has in hand, of all workers together: "
        "what vLLM is started with as --max-num-seqs.",
    )
    qwen_min_in_flight: int = Field(
        4,
        gt=0,
        description="Fewest pictures that one model server may have in hand, however slow it is: "
        "one in work, one being read in, two on their way.",
    )
    qwen_start_in_flight: int = Field(
        8,
        gt=0,
        description="Pictures that one model server may have in hand at first and when it comes "
        "back; then the limit follows its answers. Half the most gives four fifths of its speed.",
    )

    embedded_weights: Path | None = Field(
        None,
        description="ONNX file that training/export.py wrote, for example from pictures of your "
        "own site. Unset: what `safety-detector weights install` put to use, else the weights that "
        "come with the program.",
    )
    server_key: SecretStr | None = Field(
        None,
        description="API key, with the scopes submit and read, of the service that batch --server "
        "sends its pictures to.",
    )
    server_ca: Path | None = Field(
        None,
        description="PEM file with the certificate, or that of its authority, of the https service "
        "that batch --server sends its pictures to. Unset: the authorities that come with certifi.",
    )
    zip_encoding: str | None = Field(
        None,
        description="Encoding of names in zips that do not say theirs (gbk, shift_jis, big5, "
        "euc_kr, cp437, …), for batches on the command line and by REST. Unset: guessed, for each "
        "zip from all its names together.",
    )
    batch_patience: Duration = Field(
        timedelta(minutes=10),
        description="How long a batch on the command line waits for a model server or a service "
        "that is away, in seconds; then it ends, and the same command goes on later.",
    )

    embedded_threads: int = Field(
        0, ge=0, description="CPU threads of the embedded detector; 0 means one per core."
    )
    embedded_thresholds: Annotated[
        dict[RawClassName, float], NoDecode, BeforeValidator(_thresholds)
    ] = Field(
        {},
        description="Scores from which classes count, 0 to 1, for example fire=0.4,head_bare=0.5; "
        "the classes are fire, smoke, person, head_helmet, head_bare (people without helmet). "
        "Unset: those of the model. Scores do not depend on it; results name it.",
    )
    embedded_tiling: Annotated[str, BeforeValidator(_tiling)] = Field(
        "auto",
        description="Whether parts of a picture are looked at too, for people who are small in it: "
        "auto, where somebody of 40 pixels would be lost otherwise (longer side over 2,048 pixels; "
        "4K then takes twelve times as long); off, such pictures are inconclusive unless a hazard "
        "shows; or always so many columns and rows, for example 3x2.",
    )
    classes: Annotated[tuple[LabelName, ...], NoDecode, BeforeValidator(_labels)] = Field(
        (),
        description="What is looked for, among fire, smoke, person, separated by commas; the "
        "verdict is about these alone, and results name them. Unset: all three.",
    )

    @model_validator(mode="after")
    def _qwen_needs_a_server(self) -> Settings:
        if self.backend == "qwen" and not self.qwen_urls:
            raise ValueError("SAFETY_BACKEND=qwen needs SAFETY_QWEN_URLS")
        return self

    @model_validator(mode="after")
    def _second_look_needs_a_server(self) -> Settings:
        if self.second_look != "off" and not self.qwen_urls:
            raise ValueError(
                "SAFETY_SECOND_LOOK needs SAFETY_QWEN_URLS, the servers that are asked"
            )
        unknown = set(self.second_look_thresholds) - {"fire", "smoke", "head_bare"}
        if unknown:
            raise ValueError(
                f"SAFETY_SECOND_LOOK_THRESHOLDS names {sorted(unknown)[0]}, of which nothing is "
                "suspected: its classes are fire, smoke and head_bare"
            )
        return self

    @model_validator(mode="after")
    def _sign_in_elsewhere_is_whole(self) -> Settings:
        if self.proxy_user_header is not None and not self.trusted_proxies:
            raise ValueError(
                "SAFETY_PROXY_USER_HEADER needs SAFETY_TRUSTED_PROXIES, the addresses of the proxy"
            )
        if self.proxy_groups_header is not None and self.proxy_user_header is None:
            raise ValueError("SAFETY_PROXY_GROUPS_HEADER needs SAFETY_PROXY_USER_HEADER")
        if self.oidc_issuer is not None:
            if self.oidc_client_id is None:
                raise ValueError("SAFETY_OIDC_ISSUER needs SAFETY_OIDC_CLIENT_ID")
            if self.public_url is None:
                raise ValueError(
                    "SAFETY_OIDC_ISSUER needs SAFETY_PUBLIC_URL, to which it leads back"
                )
            if "openid" not in self.oidc_scopes.split():
                raise ValueError("SAFETY_OIDC_SCOPES holds openid")
        return self

    @property
    def signs_in_elsewhere(self) -> bool:
        """Whether another system says who people are."""
        return self.oidc_issuer is not None or self.proxy_user_header is not None

    @model_validator(mode="after")
    def _key_needs_a_certificate(self) -> Settings:
        if self.tls_cert is None and self.tls_key is not None:
            raise ValueError("SAFETY_TLS_KEY needs SAFETY_TLS_CERT, the key's certificate")
        return self

    @model_validator(mode="after")
    def _heartbeats_keep_the_lease(self) -> Settings:
        if self.heartbeat * 3 > self.lease:
            # Two may be late or fail, and the lease still holds.
            raise ValueError("SAFETY_HEARTBEAT must be at most a third of SAFETY_LEASE")
        return self

    @property
    def effective_backend(self) -> Backend:
        """The backend that is used when none is named on the command line."""
        return self.backend or ("qwen" if self.qwen_urls else "embedded")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (signature of the base)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before secret files before ``.env``."""
        return (init_settings, env_settings, _SecretFiles(settings_cls), dotenv_settings)


class _SecretFiles(PydanticBaseSettingsSource):
    """Reads ``SAFETY_QWEN_API_KEY`` from the file that ``SAFETY_QWEN_API_KEY_FILE`` names."""

    # The arguments are the base class's.
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        variable = PREFIX + field_name.upper() + _FILE_SUFFIX
        path = os.environ.get(variable) or _dotenv().get(variable)
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except OSError as exc:
            raise ConfigurationInvalid(
                "setting-file-unreadable", setting=variable, path=path, cause=system_cause(exc)
            ) from exc

    def __call__(self) -> dict[str, Any]:
        values = {}
        for name, field in self.settings_cls.model_fields.items():
            if not is_secret(field):
                continue
            value, _, _ = self.get_field_value(field, name)
            if value is not None:
                values[name] = value
        return values


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting's value is masked, and may come from a file."""
    return "SecretStr" in str(field.annotation)


def load_settings(given: Mapping[str, object] | None = None) -> Settings:
    """The effective settings.

    Args:
        given: values of the caller's, by the settings' names in lower case without ``SAFETY_``;
            they go before all others.

    Raises:
        ConfigurationInvalid: a value cannot work; the message names each such setting, or ``TZ``.
    """
    local_time_zone()
    _read_dotenv()  # Pydantic's reading of it raises what nobody expects
    given = given or {}
    try:
        return Settings(**dict[str, Any](given))
    except ValidationError as exc:
        problems = "; ".join(
            _problem(error["loc"], _said(dict(error)), given) for error in exc.errors()
        )
        raise ConfigurationInvalid("settings-invalid", problems=problems) from exc


def _said(fault: Mapping[str, Any]) -> str:
    """What is wrong with a value, which is shown unless it is secret."""
    location, words = fault["loc"], in_words(fault)
    field = Settings.model_fields.get(str(location[0]).lower()) if location else None
    if field is None or is_secret(field) or is_own(fault):
        return words
    return f"{str(fault['input'])[:_SHOWN_CHARACTERS]!r} cannot be: {words}"


def _problem(location: tuple[str | int, ...], message: str, given: Mapping[str, object]) -> str:
    if not location:
        return message
    name = str(location[0]).lower()
    # What the caller gave has his name, which says nothing of a backend.
    shown = (
        name.removeprefix("embedded_").removeprefix("qwen_")
        if name in given
        else PREFIX + name.upper()
    )
    return f"{shown}: {message}"


def setting_warnings() -> list[str]:
    """A sentence for each line of ``.env`` that says nothing and each name that is no setting.

    A ``SAFETY_*`` name that is none comes with the nearest known one.

    Raises:
        ConfigurationInvalid: ``.env`` cannot be read.
    """
    known = known_variables()
    return [*_read_dotenv().warnings] + [
        f"{name} is not a setting{_nearest(name, known)}"
        for name in sorted({*os.environ, *_dotenv()})
        if name.upper().startswith(PREFIX) and name.upper() not in known
    ]


def known_variables() -> set[str]:
    """Every environment variable that means something, ``*_FILE`` included."""
    names = set()
    for name, field in Settings.model_fields.items():
        names.add(PREFIX + name.upper())
        if is_secret(field):
            names.add(PREFIX + name.upper() + _FILE_SUFFIX)
    return names


def source_of(name: str) -> Origin:
    """Where the value of a setting comes from, for ``safety-detector config``."""
    variable = PREFIX + name.upper()
    if os.environ.get(variable):
        return "environment"
    if os.environ.get(variable + _FILE_SUFFIX) or _dotenv().get(variable + _FILE_SUFFIX):
        return "file"
    return ".env" if _dotenv().get(variable) else "default"


def _nearest(name: str, known: Iterable[str]) -> str:
    # Without what all names share, which would make any two of them alike.
    endings = [one.removeprefix(PREFIX) for one in known]
    close = difflib.get_close_matches(name.upper().removeprefix(PREFIX), endings, n=1)
    return f"; did you mean {PREFIX}{close[0]}?" if close else "."


@dataclass(frozen=True, slots=True)
class _DotEnv:
    """What ``.env`` says, and where it says nothing that could be read."""

    values: Mapping[str, str | None]
    warnings: tuple[str, ...]


_NO_DOTENV = _DotEnv({}, ())


def _dotenv() -> Mapping[str, str | None]:
    return _read_dotenv().values


def _read_dotenv() -> _DotEnv:
    """The ``.env`` file of this folder, parsed anew only where it is another one.

    Raises:
        ConfigurationInvalid: it cannot be read, or is no UTF-8.
    """
    if not _DOTENV.is_file():
        return _NO_DOTENV
    path = _DOTENV.absolute()
    try:
        return _parse_dotenv(path, path.read_bytes())
    except OSError as exc:
        raise ConfigurationInvalid("unreadable", path=path, cause=system_cause(exc)) from exc
    except UnicodeDecodeError as exc:
        line = exc.object.count(b"\n", 0, exc.start) + 1
        raise ConfigurationInvalid("dotenv-not-utf8", path=path, line=line) from exc


@lru_cache(maxsize=1)
def _parse_dotenv(path: Path, content: bytes) -> _DotEnv:
    text = content.decode().replace("\r\n", "\n")  # which would count as two lines
    warnings = []
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            # The line of a binding is that of the blank ones before it.
            statement = binding.original.string
            blank = statement[: len(statement) - len(statement.lstrip())]
            line = binding.original.line + len(blank.splitlines())
            warnings.append(f"{path}, line {line} is no NAME=value and was passed over.")
    # What was said is not shown: it may be half of a password.
    return _DotEnv(dotenv_values(stream=io.StringIO(text)), tuple(warnings))
