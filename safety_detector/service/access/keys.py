"""API keys: shown once, stored hashed, with scopes or for one camera."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sqlalchemy import RowMapping, and_, insert, or_, select, update
from ulid import ULID

from safety_detector.database.engine import Database
from safety_detector.database.tables import api_keys
from safety_detector.errors import ConfigurationInvalid
from safety_detector.sealing import Seal
from safety_detector.service.access.audit import PROGRAM, Actor, AuditAction, note_act
from safety_detector.service.access.digests import hashes_of
from safety_detector.service.inspections.intake import check_camera
from safety_detector.service.records import ApiKey, Principal, Scope

_PREFIX = "sdk"  # so that a key is known for what it is when it turns up in a log or a repository
_SECRET_BYTES = 32

KEY_BEGINNING = f"{_PREFIX}_"
"""Of the text of every key."""

FIRST_KEY_NOTICED_WITHIN_S = 0.5
"""After so long every process has noticed that there is a key now, and asks for one."""

FIRST_KEY_ID = "first"
"""Id of the key that the operator brings along; a time-stamped one would have to be made up."""

# The operator's own text: 32 characters of hexadecimal hold 128 bits.
_FIRST_KEY = re.compile(rf"{_PREFIX}_{FIRST_KEY_ID}_[0-9A-Za-z_-]{{32,}}")

_MOST_OF_ONE_CAMERA = 20  # keys that are tried for one user name

_ANY_KEY = select(api_keys.c.id).limit(1)


class Keys:
    """Keeps the API keys.

    A key reads ``sdk_<id>_<secret>``.  The secret is 256 random bits, so that a plain SHA-256 of it
    cannot be searched, and needs none of the slowness that passwords need.

    Args:
        database: where they are kept.
        clock: the present moment.
        seal: for what HTTP Digest needs of the keys of devices; None where no key is made.
    """

    def __init__(
        self, database: Database, clock: Callable[[], datetime], seal: Seal | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._seal = seal
        self._none_until_s = 0.0

    def create(
        self,
        name: str,
        scopes: Iterable[Scope],
        camera_id: str | None = None,
        by: Actor = PROGRAM,
    ) -> tuple[ApiKey, str]:
        """Makes a key.

        Args:
            name: whose it is, for people.
            scopes: what it may do; empty for a camera key.
            camera_id: makes it a key that may push frames to this camera and nothing else.
            by: who wants it, for the audit log.

        Returns:
            The key as it is listed, and the text to be shown once.

        Raises:
            UnknownCamera: there is no such camera.
        """
        now = self._clock()
        key = ApiKey(
            id=str(ULID.from_datetime(now)),
            name=name,
            scopes=frozenset() if camera_id else frozenset(scopes),
            camera_id=camera_id,
            created_at=now,
        )
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        self._add(key, secret, by)
        return key, f"{_PREFIX}_{key.id}_{secret}"

    def adopt_first(self, token: str) -> bool:
        """Makes a text that the operator chose the first key, an admin's; once and never again.

        So that a deployment has a key without anybody reading it off a terminal.  As soon as there
        was any key nothing is changed: whoever revoked the first one does not get it back.

        Args:
            token: ``sdk_first_`` and at least 32 letters or digits.

        Returns:
            Whether the text is the key now.

        Raises:
            ConfigurationInvalid: the text is too short to be one, or of another form.
        """
        if not _FIRST_KEY.fullmatch(token):
            raise ConfigurationInvalid("first-key-malformed")
        if not self.any_made():
            self._add(
                ApiKey(
                    id=FIRST_KEY_ID,
                    name="first key",
                    scopes=frozenset({Scope.ADMIN}),
                    camera_id=None,
                    created_at=self._clock(),
                ),
                token.removeprefix(f"{_PREFIX}_{FIRST_KEY_ID}_"),
                PROGRAM,
            )
        return self.authenticate(token) is not None

    def authenticate(self, token: str) -> Principal | None:
        """Whose key this is; None if it is none of ours or was revoked."""
        prefix, _, rest = token.partition("_")
        key_id, _, secret = rest.partition("_")
        if prefix != _PREFIX or not secret:
            return None
        query = select(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
        with self._database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None or not hmac.compare_digest(row["secret_hash"], _hash(secret)):
            return None
        return _principal(row)

    def digests_of(self, username: str) -> tuple[tuple[Principal, Mapping[str, str]], ...]:
        """The keys that a device may mean by a user name, with the hashes that Digest needs.

        Args:
            username: the id of the key's camera, or of a key that is no camera's.
        """
        if self._seal is None or not username.isprintable():
            return ()
        meant = or_(
            api_keys.c.camera_id == username,
            and_(api_keys.c.id == username, api_keys.c.camera_id.is_(None)),
        )
        query = select(api_keys).where(
            meant, api_keys.c.digest.is_not(None), api_keys.c.revoked_at.is_(None)
        )
        with self._database.read() as connection:
            rows = connection.execute(query.limit(_MOST_OF_ONE_CAMERA)).mappings().all()
        return tuple((_principal(row), self._seal.open(row["digest"])) for row in rows)

    def list(self) -> tuple[ApiKey, ...]:
        """Every key, revoked ones too, oldest first."""
        with self._database.read() as connection:
            query = select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id)
            rows = connection.execute(query).mappings().all()
        return tuple(_to_key(row) for row in rows)

    def any_active(self) -> bool:
        """Whether there is a key that is not revoked; without one the service stays local.

        Whether requests need a key is another question; see ``any_made``.
        """
        query = select(api_keys.c.id).where(api_keys.c.revoked_at.is_(None)).limit(1)
        with self._database.read() as connection:
            return connection.scalar(query) is not None

    def any_made(self) -> bool:
        """Whether there ever was a key.

        From then on every request needs one: that the last key is revoked opens nothing.
        """
        asked_s = time.monotonic()
        with self._database.read() as connection:
            found = connection.scalar(_ANY_KEY) is not None
        self._none_until_s = 0.0 if found else asked_s + FIRST_KEY_NOTICED_WITHIN_S
        return found

    def had_none_lately(self) -> bool:
        """Whether ``any_made`` found none within the last half second; asks nobody."""
        return time.monotonic() < self._none_until_s

    def revoke(self, key_id: str, by: Actor = PROGRAM) -> bool:
        """Makes a key useless; False if there is no such active key."""
        now = self._clock()
        statement = (
            update(api_keys)
            .where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
            .values(revoked_at=now)
            .returning(api_keys.c.name)
        )
        with self._database.write() as connection:
            name = connection.scalar(statement)
            if name is None:
                return False
            note_act(connection, by, AuditAction.KEY_REVOKED, now, key_id, name=name)
        return True

    def _digest(self, key: ApiKey, secret: str) -> bytes | None:
        """What Digest needs, sealed; only of keys that are for pushing pictures alone."""
        is_for_devices = key.camera_id is not None or key.scopes == {Scope.SUBMIT}
        if self._seal is None or not is_for_devices:
            return None
        token = f"{_PREFIX}_{key.id}_{secret}"
        return self._seal.seal(hashes_of(key.camera_id or key.id, token))

    def _add(self, key: ApiKey, secret: str, by: Actor) -> None:
        digest = self._digest(key, secret)
        with self._database.write() as connection:
            if key.camera_id is not None:
                check_camera(connection, key.camera_id)
            connection.execute(
                insert(api_keys).values(
                    id=key.id,
                    name=key.name,
                    secret_hash=_hash(secret),
                    digest=digest,
                    scopes=sorted(key.scopes),
                    camera_id=key.camera_id,
                    created_at=key.created_at,
                )
            )
            granted = {"name": key.name, "scopes": sorted(key.scopes), "camera_id": key.camera_id}
            note_act(connection, by, AuditAction.KEY_MADE, key.created_at, key.id, **granted)
        self._none_until_s = 0.0


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _principal(row: RowMapping) -> Principal:
    key = _to_key(row)
    return Principal(key.id, key.name, key.scopes, key.camera_id)


def _to_key(row: RowMapping) -> ApiKey:
    return ApiKey(
        id=row["id"],
        name=row["name"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"]),
        camera_id=row["camera_id"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
    )
