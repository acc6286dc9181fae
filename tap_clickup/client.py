"""What is true of every request to ClickUp: address, token, rate limit, retries, errors.

The only module that speaks HTTP. It sends GET only, to one host, and follows no redirect, so the
token reaches nobody else. No error text holds the token or a part of an answer's body.
https://developer.clickup.com/docs/common_errors
"""

from __future__ import annotations

import logging
import random
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter

from tap_clickup.errors import (
    AccessDeniedError,
    ApiUnavailableError,
    BadRequestError,
    ConfigurationError,
    InvalidTokenError,
    UnexpectedResponseError,
)
from tap_clickup.rate_limit import RateLimit, seconds_until_reset

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_clickup.errors import ClickUpError

API_URL = "https://api.clickup.com/api/v2"
ATTEMPTS = 6
IN_FLIGHT = 8
"""Most requests that wait for their answers at the same time."""
TIMEOUT_SECONDS = (10, 90)
"""To connect, and between two pieces of an answer: a full page weighs a megabyte."""
DEAD_TOKEN = {"OAUTH_017", "OAUTH_019", "OAUTH_021", "OAUTH_025", "OAUTH_077"}
LOST = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)
"""The connection was lost: before the answer, or in the middle of it."""
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
HIDDEN = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
WRITES = {
    "POST": r"/team/[^/]+/webhook",
    "PUT": r"/webhook/[^/]+",
    "DELETE": r"/webhook/[^/]+",
}
"""All that is ever changed at ClickUp, by method: webhooks are registered."""
ADVICE = (
    "the token is wrong, expired or was regenerated; make a fresh one in ClickUp under "
    "avatar > Settings > My Settings > Apps > API Token, and set it as TAP_CLICKUP_API_TOKEN"
)

logger = logging.getLogger("tap-clickup")


class Clock(Protocol):
    """Where the client takes time from; tests put a simulated one here."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""

    def sleep(self, seconds: float, /) -> None:
        """Wait."""


@dataclass(frozen=True)
class _Question:
    """A request, as it is sent and as it is named in errors."""

    method: str
    path: str
    params: Sequence[tuple[str, str]] = ()
    body: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class ApiResponse:
    """A decoded body, and the moment its request was sent: what it tells was true then or later."""

    body: dict[str, Any]
    requested_at: datetime


@dataclass
class RequestStats:
    """What the client sent and waited for, for the run's report."""

    requests: int = 0
    retries: int = 0
    waited_seconds: float = 0.0

    def __str__(self) -> str:
        """One line for the log."""
        return (
            f"{self.requests} requests, {self.retries} of them repeated, "
            f"{self.waited_seconds:.0f} s waited"
        )


def authorization_header(api_token: str) -> str:
    """Return the `Authorization` header of a token. Raises `ConfigurationError` if it is malformed.

    A personal token begins with `pk_` and is sent bare. An OAuth token is sent as `Bearer`, and has
    to be given with that word, since nothing else tells it from a slip of the keyboard.
    https://developer.clickup.com/docs/authentication
    """
    token = api_token.strip()
    bare = re.sub(r"(?i)^bearer\s+", "", token)
    if re.fullmatch(r"pk_\d+_[A-Za-z0-9]{8,}", bare):
        return bare
    if bare != token and not bare.startswith("pk_") and re.fullmatch(r"[A-Za-z0-9_.-]{16,}", bare):
        return f"Bearer {bare}"
    raise ConfigurationError(
        "api_token: expected a personal API token, which begins with 'pk_'; "
        "make one in ClickUp under avatar > Settings > My Settings > Apps > API Token"
    )


def validate_api_url(api_url: str) -> str:
    """Return the API's address without a slash at its end; refuse one that is not encrypted."""
    try:
        parts = urlsplit(api_url)
    except ValueError:
        parts = urlsplit("")
    if not parts.hostname or parts.scheme not in {"https", "http"}:
        raise ConfigurationError(f"api_url: expected an address such as {API_URL}")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ConfigurationError("api_url: http is allowed for this machine only, use https")
    return api_url.rstrip("/")


class Client:
    """Asks ClickUp within the rate limit and repeats what may heal: 429, 5xx, lost connections.

    Several threads may ask at once; they share the limit.
    """

    def __init__(
        self, api_url: str, *, api_token: str, limit: RateLimit, clock: Clock = time
    ) -> None:
        self.stats = RequestStats()
        self._api_url = validate_api_url(api_url)
        self._limit = limit
        self._clock = clock
        self._token_is_alive = False
        self._lock = Lock()
        self._in_flight = BoundedSemaphore(IN_FLIGHT)
        header = authorization_header(api_token)
        self._token_owner = header.split("_")[1] if header.startswith("pk_") else None
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=IN_FLIGHT))
        # As `auth` rather than a header: otherwise requests lets an entry in ~/.netrc replace it.
        self._session.auth = _Authorization(header)
        self._session.headers["User-Agent"] = f"tap-clickup/{version('pandev-clickup')}"

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    @cached_property
    def user_id(self) -> str:
        """Id of the token's user: a personal token holds it, for another one ClickUp is asked."""
        if self._token_owner:
            return self._token_owner
        return str(self.get("/user", required_key="user").body["user"]["id"])

    def get(
        self, path: str, params: Sequence[tuple[str, str]] = (), *, required_key: str | None = None
    ) -> ApiResponse:
        """Return the response to `GET path`: a JSON object that holds `required_key`, if given.

        Raises `InvalidTokenError`, `AccessDeniedError`, `ApiUnavailableError` or
        `UnexpectedResponseError`.
        """
        return self._asked(_Question("GET", path, params), required_key)

    def write(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        required_key: str | None,
    ) -> ApiResponse:
        """Return the answer to one of the few requests that change something: see `WRITES`.

        It may be sent twice, if the first answer was lost. Raises what `get` does.
        """
        if not re.fullmatch(WRITES.get(method, ""), path):
            raise ValueError(f"{method} {path}: no write of this client")
        return self._asked(_Question(method, path, body=body), required_key)

    def _asked(self, question: _Question, required_key: str | None) -> ApiResponse:
        response, requested_at = self._answered(question)
        if response.status_code != HTTPStatus.OK:
            raise self._error(question, response)
        try:
            body = msgspec.json.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UnexpectedResponseError(f"{question}: the answer is not JSON") from error
        if not isinstance(body, dict):
            raise UnexpectedResponseError(f"{question}: the answer is no JSON object")
        if required_key and not isinstance(body.get(required_key), list | dict):
            raise UnexpectedResponseError(f"{question}: the answer holds no {required_key!r}")
        self._token_is_alive = True
        return ApiResponse(body, requested_at)

    def _answered(self, question: _Question) -> tuple[requests.Response, datetime]:
        """Send until an answer comes that a repetition would not change."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response, requested_at = self._send(question)
            except LOST as error:
                reason, wait = type(error).__name__, None
            except requests.RequestException as error:
                raise ApiUnavailableError(f"{question}: {type(error).__name__}") from None
            else:
                with self._lock:
                    self._limit.learn(response.headers)
                if not _may_heal(response):
                    return response, requested_at
                reason = f"HTTP {response.status_code}"
                wait = seconds_until_reset(response.headers) if _limited(response) else None
                self._pause(wait)
            if attempt < ATTEMPTS:
                self._back_off(question, attempt=attempt, reason=reason, wait=wait)
        raise ApiUnavailableError(
            f"{question}: {reason} from {urlsplit(self._api_url).hostname} in {ATTEMPTS} attempts; "
            "check that it can be reached on its port, and run again"
        )

    def _wait_for_place(self) -> None:
        with self._lock:
            seconds = self._limit.reserve(self._clock.monotonic())
        self._wait(seconds)

    def _pause(self, seconds: float | None) -> None:
        """Let the other threads wait too."""
        if seconds is not None:
            with self._lock:
                self._limit.pause(self._clock.monotonic() + seconds)

    def _send(self, question: _Question) -> tuple[requests.Response, datetime]:
        with self._in_flight:
            self._wait_for_place()
            requested_at = datetime.now(UTC)
            with self._lock:
                self.stats.requests += 1
            response = self._session.request(
                question.method,
                self._api_url + question.path,
                params=list(question.params),
                json=question.body,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        return response, requested_at

    def _back_off(
        self, question: _Question, *, attempt: int, reason: str, wait: float | None
    ) -> None:
        jitter = random.uniform(0.0, 0.5)  # noqa: S311 - spreads retries, guards nothing
        seconds = (2.0 ** (attempt - 1) / 2 if wait is None else wait) + jitter
        logger.warning("%s: %s, again in %.1f s", question, reason, seconds)
        with self._lock:
            self.stats.retries += 1
        self._wait(seconds)

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            with self._lock:
                self.stats.waited_seconds += seconds
            self._clock.sleep(seconds)

    def _error(self, question: _Question, response: requests.Response) -> ClickUpError:
        """Tell a dead token from an object that is gone or hidden: by ECODE, never by the text."""
        status, ecode = response.status_code, _ecode(response)
        what = f"{question}: HTTP {status} {ecode}".rstrip()
        if status == HTTPStatus.UNAUTHORIZED:
            if ecode in DEAD_TOKEN or question.path == "/user":
                return InvalidTokenError(f"401 Unauthorized: {ADVICE} ({ecode or 'no ECODE'})")
            self._confirm_token()
            return AccessDeniedError(f"{what}: gone, or hidden from the token's user")
        if response.is_redirect:
            return UnexpectedResponseError(
                f"{what}: a redirect, which is not followed; check api_url"
            )
        return AccessDeniedError(what) if status in HIDDEN else BadRequestError(what, ecode=ecode)

    def _confirm_token(self) -> None:
        """Ask once whether the token itself still works."""
        if not self._token_is_alive:
            self.get("/user", required_key="user")


class _Authorization(requests.auth.AuthBase):
    """Sets the header, and does not show it when printed."""

    def __init__(self, header: str) -> None:
        self._header = header

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


def _limited(response: requests.Response) -> bool:
    return response.status_code == HTTPStatus.TOO_MANY_REQUESTS


def _may_heal(response: requests.Response) -> bool:
    return _limited(response) or response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR


def _ecode(response: requests.Response) -> str:
    """Return the error's code, a short word of capitals, digits and `_`, or nothing."""
    try:
        code = msgspec.json.decode(response.content, type=dict[str, Any]).get("ECODE", "")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return code if isinstance(code, str) and re.fullmatch(r"[A-Z0-9_]{1,40}", code) else ""
