"""People whom another system signs in: an OpenID Connect provider, or a proxy in front."""

from __future__ import annotations

import re
import select
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from playwright.sync_api import expect

from safety_detector.console.sign_in.elsewhere import SignInElsewhere
from safety_detector.console.sign_in.provider import OpenIdProvider, ProviderOptions
from safety_detector.domain.people import Role
from safety_detector.ingest.trust import trusted_authorities
from safety_detector.network.addresses import network
from safety_detector.web.app import WebOptions
from safety_detector.web.connection.forwarding import ProxyOptions
from tests.api_server import Api, ApiRunner
from tests.openid_provider import LyingProvider, lying_provider, real_provider
from tests.ports import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROLES = {"ehs": Role.MANAGER, "safety-admins": Role.ADMINISTRATOR}


def api_of(
    runner: ApiRunner,
    issuer: str,
    roles: Mapping[str, Role] | None = None,
    secret: str | None = "s3cret",  # noqa: S107 (of a test)
) -> Api:
    """A service whose people sign in with a provider."""
    port = free_port()
    options = ProviderOptions(
        issuer=issuer,
        client_id="console",
        client_secret=secret,
        redirect_uri=f"http://127.0.0.1:{port}/sign-in/openid/callback",
        scopes="openid profile email",
        name_claim="preferred_username",
        groups_claim="groups",
        context=trusted_authorities(None).context,
    )
    elsewhere = SignInElsewhere(OpenIdProvider(options), roles=roles or {})
    return runner.start(WebOptions(), elsewhere=elsewhere, port=port)


@pytest.mark.processes
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_somebody_signs_in_with_a_provider_in_a_browser(
    browser: Browser, runner: ApiRunner, locale: str
) -> None:
    """From a page through the provider back to it, with the role of a group; out, and in again."""
    person = {"sub": "4711", "preferred_username": "王磊", "groups": ["ehs", "canteen"]}
    with real_provider(person) as issuer:
        api = api_of(runner, issuer, ROLES)
        context = browser.new_context(locale=locale)
        context.route("**/*.css", lambda route: (
            route.continue_() if route.request.url.startswith(api.url) else route.abort()
        ))  # fmt: skip
        page = context.new_page()
        for _ in range(2):
            page.goto(f"{api.url}/incidents?state=open")
            expect(page).to_have_url(re.compile("/sign-in"))
            page.locator("a.primary").click()
            page.get_by_role("button", name="4711").click()
            expect(page).to_have_url(f"{api.url}/incidents?state=open")
            expect(page.locator(".person")).to_have_text("王磊")
            page.locator("form[action$='/sign-out'] button").click()
            expect(page).to_have_url(re.compile("/sign-in"))
        page.locator("a.primary").click()
        page.get_by_role("button", name="Deny").click()
        expect(page.get_by_role("alert")).to_be_visible()
        context.close()
    (made,) = api.service.access.people.list()
    assert (made.name, made.role, made.signed_in_elsewhere) == ("王磊", Role.MANAGER, True)


@pytest.fixture
def lying() -> Iterator[LyingProvider]:
    """A provider that says what a test wants."""
    with lying_provider() as provider:
        yield provider


def begin(client: httpx2.Client, provider: LyingProvider, back: str = "/") -> dict[str, str]:
    """Sends a browser off; what it carries to the provider."""
    answer = client.get("/sign-in/openid", params={"back": back})
    assert answer.status_code == 303, answer.text
    asked = {
        name: one[0] for name, one in parse_qs(urlsplit(answer.headers["Location"]).query).items()
    }
    provider.nonce = asked["nonce"]
    return asked


def test_what_a_provider_is_asked(runner: ApiRunner, lying: LyingProvider) -> None:
    """The code flow with PKCE, a state and a nonce; each of them new each time."""
    api = api_of(runner, lying.issuer, ROLES)
    with api.client() as client:
        first, second = begin(client, lying), begin(client, lying, "/incidents")
        assert first["response_type"] == "code"
        assert first["code_challenge_method"] == "S256"
        assert all(first[one] != second[one] for one in ("state", "nonce", "code_challenge"))
        answer = client.get(
            "/sign-in/openid/callback", params={"code": "c", "state": second["state"]}
        )
        assert (answer.status_code, answer.headers["Location"]) == (303, "/incidents")
        assert "code_verifier=" in lying.forms[0]
        assert client.get("/").status_code == 200
        again = client.get(
            "/sign-in/openid/callback", params={"code": "c", "state": second["state"]}
        )
        assert again.status_code == 403, "a sign-in is finished once"


LIES: list[dict[str, Any]] = [
    {"signed_by": "other key"},
    {"signed_by": "nothing"},
    {"signed_by": "public key"},
    {"claims": {"nonce": "another"}},
    {"claims": {"nonce": None}},
    {"claims": {"aud": "another"}},
    {"claims": {"aud": ["console", "another"], "azp": "another"}},
    {"claims": {"aud": None}},
    {"claims": {"iss": "https://evil.example"}},
    {"claims": {"iss": None}},
    {"claims": {"exp": 1}},
    {"claims": {"exp": None}},
    {"claims": {"exp": "tomorrow"}},
    {"claims": {"sub": None}},
    {"claims": {"sub": ""}},
    {"claims": {"sub": 4711}},
    {"claims": {"preferred_username": None, "groups": None}, "userinfo": {"sub": "another"}},
    {"description": {"issuer": "https://evil.example"}},
    {"description": {"jwks_uri": "file:///etc/passwd"}},
    {"description": {"token_endpoint": None}},
    {"token_status": 400},
]


@pytest.mark.attack("forged identities")
@pytest.mark.parametrize("lie", LIES, ids=str)
def test_what_is_not_signed_for_us_signs_nobody_in(
    runner: ApiRunner, lying: LyingProvider, lie: dict[str, Any]
) -> None:
    """Another key, another service's token, an old one, another sign-in's: a page says so."""
    api = api_of(runner, lying.issuer, ROLES)
    if "description" not in lie:
        for name, value in lie.items():
            setattr(lying, name, value)
    with api.client() as client:
        if "description" in lie:
            lying.description = lie["description"]
            answer = client.get("/sign-in/openid")
        else:
            asked = begin(client, lying)
            answer = client.get(
                "/sign-in/openid/callback", params={"code": "c", "state": asked["state"]}
            )
        assert answer.status_code == (503 if "token_status" in lie else 403), answer.text
        assert 'role="alert"' in answer.text
        assert client.get("/").status_code == 303
    assert api.service.access.people.list() == ()


@pytest.mark.attack("forged sign-ins")
@pytest.mark.parametrize(
    "answer",
    [
        {"code": "c", "state": "another"},
        {"code": "c"},
        {"code": "c", "state": ""},
        {},
        {"code": "c", "state": "王" * 40},
        {"error": "access_denied"},
    ],
    ids=str,
)
def test_a_sign_in_that_this_browser_did_not_begin_is_none(
    runner: ApiRunner, lying: LyingProvider, answer: dict[str, str]
) -> None:
    """Nobody is signed in by a link that somebody sends them."""
    api = api_of(runner, lying.issuer)
    with api.client() as client:
        begin(client, lying)
        assert client.get("/sign-in/openid/callback", params=answer).status_code == 403
        with api.client() as other:  # somebody else's browser, with a good state of this one's
            asked = begin(client, lying)
            found = other.get(
                "/sign-in/openid/callback", params={"code": "c", "state": asked["state"]}
            )
            assert found.status_code == 403
        assert client.get("/").status_code == 303


def test_a_provider_that_is_away_is_said(runner: ApiRunner) -> None:
    """The page stays, with what is wrong; passwords go on working."""
    api = api_of(runner, f"http://127.0.0.1:{free_port()}")
    api.service.access.people.add("me", Role.VIEWER, "correct horse 9")
    with api.client() as client:
        answer = client.get("/sign-in/openid")
        assert answer.status_code == 503
        token = re.search(r'name="form_token" value="([0-9a-f]{64})"', answer.text)
        assert token is not None
        fields = {"name": "me", "password": "correct horse 9", "form_token": token[1]}
        assert client.post("/sign-in", data=fields).status_code == 303


@pytest.mark.attack("floods")
def test_a_provider_that_does_not_answer_keeps_nobody_else_waiting(runner: ApiRunner) -> None:
    """However many strangers want to sign in with it, pages come; it is asked once for them all."""
    request = b"GET /sign-in/openid HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    asked: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=256) as silent, ExitStack() as strangers:
        api = api_of(runner, f"http://127.0.0.1:{silent.getsockname()[1]}")
        api.service.access.people.add("me", Role.VIEWER, "correct horse 9")
        waiting = [
            strangers.enter_context(socket.create_connection(("127.0.0.1", api.port), 60))
            for _ in range(80)
        ]
        for one in waiting:
            one.sendall(request)
        asked.append(silent.accept()[0])
        with api.client(timeout_s=8) as client:
            assert client.get("/sign-in").status_code == 200
            assert client.get("/", headers={"Cookie": "safety_session=x"}).status_code == 303
        assert select.select(waiting, [], [], 0)[0] == [], "they wait as long as it says nothing"
        asked[0].close()
        for one in waiting:
            assert one.recv(12) == b"HTTP/1.1 503"
        silent.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                asked.append(silent.accept()[0])
    assert len(asked) < 4, "a failure stands for some seconds"


def sign_in(api: Api, provider: LyingProvider, **claims: object) -> int:
    """Signs somebody in; gives the status."""
    provider.claims = dict(claims)
    with api.client() as client:
        asked = begin(client, provider)
        params = {"code": "c", "state": asked["state"]}
        return client.get("/sign-in/openid/callback", params=params).status_code


def test_who_somebody_is_follows_from_the_subject_alone(
    runner: ApiRunner, lying: LyingProvider
) -> None:
    """A name that somebody else has gets a number; nobody becomes somebody else by a name."""
    api = api_of(runner, lying.issuer, ROLES)
    people = api.service.access.people
    people.add("Wang Lei", Role.ADMINISTRATOR, "correct horse 9")
    assert sign_in(api, lying) == 303
    assert sign_in(api, lying, sub="4712") == 303
    assert sign_in(api, lying, preferred_username="Another Name") == 303
    assert [(one.name, one.role) for one in people.list()] == [
        ("Wang Lei", Role.ADMINISTRATOR),
        ("Wang Lei 2", Role.MANAGER),
        ("Wang Lei 3", Role.MANAGER),
    ]
    assert people.authenticate("Wang Lei 2", "") is None
    assert sign_in(api, lying, groups=["safety-admins", "ehs"]) == 303
    assert people.list()[1].role is Role.ADMINISTRATOR
    assert sign_in(api, lying, groups=["canteen"]) == 403
    people.change("Wang Lei 2", disabled=True)
    assert sign_in(api, lying) == 403


def test_groups_may_be_told_to_whoever_asks_once_more(
    runner: ApiRunner, lying: LyingProvider
) -> None:
    """Where the token has no groups, the provider's userinfo has them."""
    api = api_of(runner, lying.issuer, ROLES)
    lying.userinfo = {"sub": "4711", "groups": "safety-admins"}
    assert sign_in(api, lying, groups=None) == 303
    assert api.service.access.people.list()[0].role is Role.ADMINISTRATOR


def test_without_roles_of_groups_the_page_gives_them(
    runner: ApiRunner, lying: LyingProvider
) -> None:
    """Who is new looks; another role stays with the next sign-in."""
    api = api_of(runner, lying.issuer)
    people = api.service.access.people
    assert sign_in(api, lying) == 303
    assert people.list()[0].role is Role.VIEWER
    people.change("Wang Lei", role=Role.MANAGER)
    assert sign_in(api, lying) == 303
    assert people.list()[0].role is Role.MANAGER


PROXY = SignInElsewhere(user_header="x-remote-user", groups_header="x-remote-groups", roles=ROLES)


def behind_proxy(runner: ApiRunner, trusted: str = "127.0.0.1/32", **changes: Any) -> Api:
    """A service whose people a proxy on this machine names."""
    proxies = ProxyOptions("", (network(trusted),), ("x-remote-user", "x-remote-groups"))
    return runner.start(WebOptions(proxies=proxies), elsewhere=replace(PROXY, **changes))


def test_a_trusted_proxy_says_who_it_is(runner: ApiRunner) -> None:
    """With each request; Chinese names too; another one of the same browser is another person."""
    api = behind_proxy(runner)
    with api.client() as client:
        headers = {"X-Remote-User": "王磊".encode(), "X-Remote-Groups": "canteen, ehs"}
        assert "王磊" in client.get("/", headers=headers).text
        assert client.get("/system/people", headers=headers).status_code == 403
        admin = {"X-Remote-User": "root", "X-Remote-Groups": "safety-admins"}
        assert client.get("/system/people", headers=admin).status_code == 200
        nobody = {"X-Remote-User": "x", "X-Remote-Groups": "canteen"}
        assert client.get("/", headers=nobody).status_code == 403
        assert client.get("/").status_code == 303
        assert client.get("/v1/incidents", headers=admin).status_code == 401
    assert {one.name: one.role for one in api.service.access.people.list()} == {
        "王磊": Role.MANAGER,
        "root": Role.ADMINISTRATOR,
    }


def test_a_page_hears_that_its_person_may_look_no_more(
    runner: ApiRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told so, as where a session has ended; the stream is not merely cut."""
    monkeypatch.setattr("safety_detector.console.live.routes._TRUSTED_S", 0.0)
    api = behind_proxy(runner)
    headers = {"X-Remote-User": "wang", "X-Remote-Groups": "ehs"}
    with api.client() as client, client.stream("GET", "/live", headers=headers) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "event: here"
        api.service.access.people.change("wang", disabled=True)
        assert "event: left" in list(lines)


@pytest.mark.attack("forged proxies")
@pytest.mark.parametrize(
    "headers",
    [
        [("X-Remote-User", "root")],
        [("x-remote-user", "root"), ("X-Remote-Groups", "safety-admins")],
        [("X-Remote-User", "root"), ("X-Forwarded-For", "127.0.0.1")],
        [("X-Remote-User", "root"), ("Forwarded", "for=127.0.0.1")],
    ],
    ids=str,
)
def test_who_is_no_trusted_proxy_is_not_believed(
    runner: ApiRunner, headers: list[tuple[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    """The header is taken off, and the log says so."""
    api = behind_proxy(runner, "10.9.8.7/32", roles={})
    with api.client() as client:
        assert client.get("/", headers=headers).status_code == 303
    assert api.service.access.people.list() == ()
    assert "not believed" in caplog.text


@pytest.mark.attack("forged proxies")
def test_a_header_that_is_there_twice_names_nobody(runner: ApiRunner) -> None:
    """A proxy that adds its word to the browser's does not say who it is."""
    api = behind_proxy(runner, roles={})
    with api.client() as client:
        twice = [("X-Remote-User", "root"), ("X-Remote-User", "me")]
        assert client.get("/", headers=twice).status_code == 403
    assert api.service.access.people.list() == ()
