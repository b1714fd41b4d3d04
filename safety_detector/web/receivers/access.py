"""Who a device is: a key in the query, by Basic or by Digest, since it can send no header."""

from __future__ import annotations

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from safety_detector.service.access.digests import DigestAnswer, is_answered
from safety_detector.service.access.keys import KEY_BEGINNING
from safety_detector.service.records import Principal
from safety_detector.web.access.authentication import (
    admit,
    identify,
    refuse_foreign_page,
    unauthorized,
)
from safety_detector.web.access.digest import challenges, is_about, read_answer
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators
from safety_detector.web.problems.problem import RequestProblem

KEY_IN_QUERY = "key"


async def authenticate_device(request: Request) -> Principal:
    """Whose push this is.

    Raises:
        RequestProblem: no key, a wrong one, or an answer to a challenge that was used before.
    """
    principal = await _of_digest(request) or await _of_query(request)
    if principal is None:
        try:
            principal = await identify(request)
        except RequestProblem as problem:
            if problem.code != "key-required":
                raise
            raise _challenge(request, problem.detail) from None
    if principal is None:
        raise _challenge(
            request,
            "A device shows its camera's key as password (Basic or Digest), or in the address: "
            "?key=sdk_….",
        )
    await admit(request, principal)
    return principal


def shows_key(request: Request) -> bool:
    """Whether a request shows a key at all, be it a wrong one."""
    return bool(
        request.headers.get("authorization")
        or request.headers.get("x-api-key")
        or request.query_params.get(KEY_IN_QUERY)
    )


async def _of_query(request: Request) -> Principal | None:
    token = request.query_params.get(KEY_IN_QUERY, "").strip()
    if not token:
        return None
    keys = collaborators(request).service.access.keys
    principal = await run_in_threadpool(keys.authenticate, token)
    if principal is None:
        shown = "is unknown or revoked" if token.startswith(KEY_BEGINNING) else "is no key"
        raise _challenge(request, f"What stands behind ?key= in the address {shown}.")
    return principal


async def _of_digest(request: Request) -> Principal | None:
    """Who answers a challenge rightly; None where no such answer is in the request."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "digest":
        return None
    refuse_foreign_page(request)
    here = collaborators(request)
    answer = read_answer(credentials)
    if answer is None or not is_about(answer, request.scope, base_path(request)):
        raise _challenge(request, "The Digest answer is malformed, or about another address.")
    known = await run_in_threadpool(here.service.access.keys.digests_of, answer.username)
    for principal, hashes in known:
        if is_answered(answer, hashes, request.method):
            return _if_fresh(request, answer, principal)
    raise _challenge(
        request,
        "The Digest answer is wrong: the user is the camera's id, the password its key; keys from "
        "before version 1.1 have to be made anew.",
    )


def _if_fresh(request: Request, answer: DigestAnswer, principal: Principal) -> Principal:
    nonces = collaborators(request).access.nonces
    if not nonces.is_fresh(answer.nonce):
        raise _challenge(request, "The nonce has expired; ask again.", stale=True)
    if not nonces.spend(answer.nonce, int(answer.count or "0", 16)):
        raise _challenge(request, "This answer was used before.", stale=True)
    return principal


def _challenge(request: Request, detail: str, *, stale: bool = False) -> RequestProblem:
    """The refusal with every way in: Digest before Basic, which shows the key to the network."""
    problem = unauthorized(detail)
    nonce = collaborators(request).access.nonces.make()
    basic = problem.headers["WWW-Authenticate"]
    # One header: some clients look no further than the first, and this is a list by RFC 9110.
    ways = ", ".join([*challenges(nonce, stale=stale), basic])
    problem.headers["WWW-Authenticate"] = ways
    return problem
