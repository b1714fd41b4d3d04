"""An OpenID Connect provider: the code flow with PKCE, by Authlib and joserfc.

The provider's description and keys are read from it; nothing of them is kept for longer than a
minute, so that exchanged keys count at once.  Strangers can have it asked: those who come while its
description is being read wait for the same answer, and a failure stands for some seconds.
"""

from __future__ import annotations

import hmac
import secrets
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import httpx2

from safety_detector.errors import ServiceUnavailable, SignInRefused
from safety_detector.network.http_bodies import bounds

if TYPE_CHECKING:
    from authlib.integrations.httpx_client import OAuth2Client

_MOST_BYTES = 2**20
_TIMEOUT_S = 10.0
_KEPT_S = 60.0
_FAILURE_KEPT_S = 5.0
_LEEWAY_S = 60  # by how much the provider's clock may differ
_MOST_GROUPS = 1000
_ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
    "EdDSA", "Ed25519",
)  # fmt: skip
"""Signatures by a key pair; one by a shared secret, or none, proves nothing."""


@dataclass(frozen=True, slots=True)
class ProviderOptions:
    """What the operator says of the provider.

    Attributes:
        issuer: its address, as it writes it itself.
        redirect_uri: where it leads back to.
        name_claim, groups_claim: where it says what somebody is called, and their groups.
        context: checks its certificate.
    """

    issuer: str
    client_id: str
    client_secret: str | None
    redirect_uri: str
    scopes: str
    name_claim: str
    groups_claim: str
    context: ssl.SSLContext


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that was begun, kept by the browser until it comes back."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class SignedInThere:
    """Whom the provider has signed in.

    Attributes:
        issuer, subject: who it is, once and for all.
        name: what they are called.
    """

    issuer: str
    subject: str
    name: str
    groups: tuple[str, ...]


class OpenIdProvider:
    """Asks the provider.

    Args:
        options: where it is, and what this service is to it.
    """

    def __init__(self, options: ProviderOptions) -> None:
        self._options = options
        self._described: Mapping[str, Any] | None = None
        self._described_s = 0.0
        self._failure: Exception | None = None
        self._failed_s = 0.0
        self._reading = threading.Lock()

    @property
    def issuer(self) -> str:
        """Its address."""
        return self._options.issuer

    def begin(self) -> tuple[str, Begun]:
        """The address to which a browser is sent, and what it has to keep meanwhile.

        Raises:
            ServiceUnavailable: the provider does not answer.
            SignInRefused: what it says of itself is not believed.
        """
        begun = Begun(
            secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        )
        with self._asking() as client:
            description = self._description(client)
            address, _ = client.create_authorization_url(
                description["authorization_endpoint"],
                state=begun.state,
                nonce=begun.nonce,
                code_verifier=begun.verifier,
            )
        return str(address), begun

    def finish(self, begun: Begun, answer: Mapping[str, str]) -> SignedInThere:
        """Whom the provider has signed in.

        Args:
            begun: what the browser kept.
            answer: with what the provider sent it back.

        Raises:
            ServiceUnavailable: the provider does not answer.
            SignInRefused: it says no, the answer is another sign-in's, or is not believed.
        """
        given = answer.get("state", "")
        if not hmac.compare_digest(begun.state.encode(), given.encode("utf-8", "replace")):
            raise SignInRefused("openid-begun-elsewhere")
        with self._asking() as client:
            description = self._description(client)
            if answer.get("iss", description["issuer"]) != description["issuer"]:
                raise self._strange("iss")
            if "error" in answer or not answer.get("code"):
                said = answer.get("error_description") or answer.get("error") or "no code"
                raise SignInRefused("openid-refused", cause=_plain(said))
            client.register_compliance_hook("access_token_response", _whole)
            token = client.fetch_token(
                description["token_endpoint"],
                grant_type="authorization_code",
                code=answer["code"],
                code_verifier=begun.verifier,
            )
            claims = self._claims(client, description, token, begun)
            claims = self._with_more(client, description, claims)
        return self._who(claims)

    @contextmanager
    def _asking(self) -> Iterator[OAuth2Client]:
        from authlib.common.errors import AuthlibBaseError
        from authlib.integrations.httpx_client import OAuth2Client
        from joserfc.errors import JoseError

        options = self._options
        try:
            with OAuth2Client(
                options.client_id,
                options.client_secret,
                scope=options.scopes,
                redirect_uri=options.redirect_uri,
                code_challenge_method="S256",
                verify=options.context,
                timeout=_TIMEOUT_S,
                trust_env=False,
                headers={"Accept-Encoding": "identity"},
                event_hooks={"response": [bounds(_MOST_BYTES, _TIMEOUT_S)]},
            ) as client:
                yield client
        except httpx2.HTTPError as exc:
            raise ServiceUnavailable(
                "openid-unreachable", issuer=options.issuer, cause=_plain(str(exc) or repr(exc))
            ) from exc
        except (AuthlibBaseError, JoseError, ValueError, KeyError) as exc:
            raise self._strange(str(exc) or repr(exc)) from exc

    def _description(self, client: OAuth2Client) -> Mapping[str, Any]:
        """What the provider says of itself, under the well-known address."""
        with self._reading:
            now_s = time.monotonic()
            if self._described is not None and now_s < self._described_s + _KEPT_S:
                described = self._described
            elif self._failure is not None and now_s < self._failed_s + _FAILURE_KEPT_S:
                raise self._failure.with_traceback(None)
            else:
                try:
                    described = self._read_description(client)
                except Exception as exc:
                    self._failure, self._failed_s = exc, time.monotonic()
                    raise
                self._described, self._described_s = described, time.monotonic()
        methods = described.get("token_endpoint_auth_methods_supported")
        if self._options.client_secret and methods and "client_secret_basic" not in methods:
            client.token_endpoint_auth_method = "client_secret_post"  # noqa: S105 (a method's name)
        return described

    def _read_description(self, client: OAuth2Client) -> Mapping[str, Any]:
        base = self._options.issuer.rstrip("/")
        described = _public(client, f"{base}/.well-known/openid-configuration")
        if str(described.get("issuer")).rstrip("/") != base:
            raise self._strange(f"issuer {str(described.get('issuer'))[:200]}")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            self._check_address(described.get(name), name)
        return described

    def _check_address(self, address: object, name: str) -> None:
        """What a provider that is asked over https names is asked over https too."""
        scheme = self._options.issuer.partition(":")[0]
        if not isinstance(address, str) or not address.startswith((f"{scheme}://", "https://")):
            raise self._strange(name)

    def _claims(
        self,
        client: OAuth2Client,
        description: Mapping[str, Any],
        token: Mapping[str, Any],
        begun: Begun,
    ) -> dict[str, Any]:
        """What the signed token says, all of it looked at."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.jwk import KeySet

        offered = description.get("id_token_signing_alg_values_supported") or ["RS256"]
        keys = KeySet.import_key_set(cast(Any, _public(client, description["jwks_uri"])))
        read = jwt.decode(
            token["id_token"], keys, algorithms=[one for one in _ALGORITHMS if one in offered]
        )
        claims = CodeIDToken(
            read.claims,
            read.header,
            {
                "iss": {"essential": True, "values": [description["issuer"]]},
                "aud": {"essential": True, "value": self._options.client_id},
            },
            {
                "nonce": begun.nonce,
                "client_id": self._options.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(leeway=_LEEWAY_S)
        return dict(claims)

    def _with_more(
        self, client: OAuth2Client, description: Mapping[str, Any], claims: dict[str, Any]
    ) -> dict[str, Any]:
        """Providers may keep names and groups for those who ask once more."""
        wanted = (self._options.name_claim, self._options.groups_claim)
        endpoint = description.get("userinfo_endpoint")
        if endpoint is None or all(_at(claims, one) is not None for one in wanted):
            return claims
        self._check_address(endpoint, "userinfo_endpoint")
        more = _json(client.get(endpoint))
        if more.get("sub") != claims["sub"]:
            raise self._strange("sub")
        return {**more, **claims}

    def _who(self, claims: Mapping[str, Any]) -> SignedInThere:
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise self._strange("sub")
        names = (self._options.name_claim, "preferred_username", "name", "email")
        found = (_at(claims, one) for one in names)
        name = next((one for one in found if isinstance(one, str) and one.strip()), subject)
        groups = _at(claims, self._options.groups_claim)
        listed = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
        return SignedInThere(
            self._options.issuer,
            subject,
            " ".join(name.split())[:64],
            tuple(str(one) for one in listed[:_MOST_GROUPS]),
        )

    def _strange(self, cause: str) -> SignInRefused:
        return SignInRefused("openid-strange", issuer=self._options.issuer, cause=_plain(cause))


def _whole(answer: httpx2.Response) -> httpx2.Response:
    """The answer with a token; a refusal says why, and anything else is none."""
    if answer.is_error and b'"error"' not in answer.content:
        answer.raise_for_status()
    return answer


def _public(client: OAuth2Client, address: str) -> dict[str, Any]:
    """What everybody may read."""
    return _json(client.request("GET", address, withhold_token=True))


def _json(answer: httpx2.Response) -> dict[str, Any]:
    answer.raise_for_status()
    document = answer.json()
    if not isinstance(document, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 (of what another machine says)
    return document


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its name; a dot leads inwards, where no claim has one in its name."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _plain(text: str) -> str:
    """A text of another machine, short and on one line."""
    return "".join(one if one.isprintable() else " " for one in text)[:300]
