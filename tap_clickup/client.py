"""Send requests to ClickUp: base URL, token, rate limit, retries and errors.

The only module that uses HTTP, through its `timed_adapter`. It sends GET, and the few
`allowed_writes`, to one host and does not follow redirects, so the token is sent to no other host.
Error texts never contain the token or any part of a response body.
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
from io import BytesIO
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from tap_clickup.allowed_writes import is_allowed_write
from tap_clickup.api_token import authorization_header
from tap_clickup.clock import check_clock
from tap_clickup.conversions import id_to_str
from tap_clickup.errors import (
    AccessDeniedError,
    ApiUnavailableError,
    BadRequestError,
    InvalidTokenError,
    UnexpectedResponseError,
)
from tap_clickup.json_decoder import ANY_SHAPE, JsonError, decode_items, decode_json
from tap_clickup.rate_limit import RateLimit, seconds_until_reset
from tap_clickup.request_stats import RequestStats
from tap_clickup.timed_adapter import SlowResponseError, TimedAdapter
from tap_clickup.urls import validate_api_url
from tap_clickup.waiting import Heartbeat

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import msgspec

    from tap_clickup.errors import ClickUpError
    from tap_clickup.waiting import Clock

MAX_ATTEMPTS = 6
MAX_IN_FLIGHT = 8
"""Maximum number of concurrent requests."""
TIMEOUT_SECONDS = (10, 90)
"""Connect timeout and read timeout: a full page of tasks is about one megabyte."""
INVALID_TOKEN_ECODES = {"OAUTH_017", "OAUTH_019", "OAUTH_021", "OAUTH_025", "OAUTH_077"}
CONNECTION_ERRORS = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)
"""Raised when the connection is lost before or during the response."""
MAX_RESPONSE_BYTES = 64 * 2**20
"""A page of 100 tasks with custom fields is about 1.1 MB."""
CHUNK_BYTES = 2**16
OBJECT_KEYS = {"user", "webhook", "current_status"}
"""The keys of responses whose value is an object; all others contain an array of objects."""
INACCESSIBLE_STATUSES = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
AUTHENTICATION_HELP = (
    "the token is wrong, expired or was regenerated; create a new one in ClickUp under "
    "avatar > Settings > My Settings > Apps > API Token, and set it as TAP_CLICKUP_API_TOKEN"
)

logger = logging.getLogger("tap-clickup")


@dataclass(frozen=True)
class _Request:
    """A request; its text names it in errors."""

    method: str
    path: str
    params: Sequence[tuple[str, str]] = ()
    body: Mapping[str, Any] | None = None
    once: bool = False
    shape: msgspec.json.Decoder[Any] = ANY_SHAPE

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class ApiResponse:
    """A decoded response body, and when its request was sent: ClickUp read the data after that."""

    body: dict[str, Any]
    requested_at: datetime


class Client:
    """Sends requests within the rate limit and retries 429, 5xx and lost connections.

    Thread-safe: the threads share the rate limit.
    """

    def __init__(
        self, api_url: str, *, api_token: str, limit: RateLimit, clock: Clock = time
    ) -> None:
        self.stats = RequestStats()
        self._api_url = validate_api_url(api_url)
        self._limit = limit
        self._clock = clock
        self._heartbeat = Heartbeat(clock)
        self._token_verified = False
        self._lock = Lock()
        self._in_flight = BoundedSemaphore(MAX_IN_FLIGHT)
        header = authorization_header(api_token)
        self._token_owner = header.split("_")[1] if header.startswith("pk_") else None
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, TimedAdapter(pool_maxsize=MAX_IN_FLIGHT))
        # Set as `auth`, not as a header: otherwise requests replaces it by an entry in ~/.netrc.
        self._session.auth = _Authorization(header)
        self._session.headers["User-Agent"] = f"tap-clickup/{version('pandev-clickup')}"

    @property
    def reported_limit(self) -> int | None:
        """ClickUp's own limit of requests per minute; None until a response has reported it."""
        return self._limit.reported

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    @cached_property
    def user_id(self) -> str:
        """Id of the token's user: part of a personal token, requested for an OAuth token."""
        return self._token_owner or self.fetch_user_id()

    def fetch_user_id(self) -> str:
        """Return the id of the token's user as ClickUp has it.

        https://developer.clickup.com/reference/getauthorizeduser
        """
        user_id = id_to_str(self.get("/user", required_key="user").body["user"].get("id"))
        if user_id is None:
            raise UnexpectedResponseError("GET /user: the id of the token's user cannot be read")
        return user_id

    def get(
        self,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        required_key: str | None = None,
        shape: msgspec.json.Decoder[Any] = ANY_SHAPE,
    ) -> ApiResponse:
        """Return the response to `GET path`: a JSON object that contains `required_key`, if given.

        The key's value is an array, or an object if the key is one of the `OBJECT_KEYS`. Keys that
        a `shape` does not name are left out.
        Raises `InvalidTokenError`, `AccessDeniedError`, `ApiUnavailableError` or
        `UnexpectedResponseError`.
        """
        return self._request_json(_Request("GET", path, params, shape=shape), required_key)

    def get_items(
        self, path: str, params: Sequence[tuple[str, str]], *, required_key: str
    ) -> tuple[Iterable[Any], datetime]:
        """Return the array in a large response, and when its request was sent.

        Each item is decoded when it is needed. Raises the same errors as `get`.
        """
        request = _Request("GET", path, params)
        response, requested_at = self._request_ok(request)
        items = decode_items(response.content, required_key)
        if items is None:
            return self._decode(request, response, required_key)[required_key], requested_at
        self._token_verified = True
        return items, requested_at

    def write(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        required_key: str | None,
        once: bool = False,
    ) -> ApiResponse:
        """Send one of the `ALLOWED_WRITES` and return the response.

        It may be sent twice if the first response was lost, unless it is to be sent `once`: then
        only 429 is retried, with which ClickUp has done nothing, and whether it was carried out is
        not known after an `ApiUnavailableError`. Raises the same errors as `get`, and `ValueError`
        for any other request.
        """
        if not is_allowed_write(method, path):
            raise ValueError(f"{method} {path}: not in ALLOWED_WRITES")
        return self._request_json(_Request(method, path, body=body, once=once), required_key)

    def _request_json(self, request: _Request, required_key: str | None) -> ApiResponse:
        """Return the decoded response, validated to be a JSON object with `required_key`."""
        response, requested_at = self._request_ok(request)
        return ApiResponse(self._decode(request, response, required_key), requested_at)

    def _request_ok(self, request: _Request) -> tuple[requests.Response, datetime]:
        response, requested_at = self._request_with_retries(request)
        if response.status_code != HTTPStatus.OK:
            raise self._error_for(request, response)
        return response, requested_at

    def _decode(
        self, request: _Request, response: requests.Response, required_key: str | None
    ) -> dict[str, Any]:
        try:
            body = decode_json(response.content, shape=request.shape)
        except JsonError as error:
            raise UnexpectedResponseError(f"{request}: the response is not JSON") from error
        if not isinstance(body, dict):
            raise UnexpectedResponseError(f"{request}: the response is not a JSON object")
        expected_type = dict if required_key in OBJECT_KEYS else list
        if required_key and not isinstance(body.get(required_key), expected_type):
            raise UnexpectedResponseError(f"{request}: the response has no {required_key!r}")
        self._token_verified = True
        return body

    def _request_with_retries(self, request: _Request) -> tuple[requests.Response, datetime]:
        """Return the first response that is not retryable, and when its request was sent."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            reset_seconds, is_rejected = None, False
            started = self._clock.time()
            try:
                response, requested_at = self._send(request)
            except CONNECTION_ERRORS as error:
                reason = type(error).__name__
            except SlowResponseError:
                raise ApiUnavailableError(f"{request}: the response takes too long") from None
            except requests.RequestException as error:
                raise ApiUnavailableError(f"{request}: {type(error).__name__}") from None
            else:
                check_clock(response.headers, started, self._clock.time())
                with self._lock:
                    self._limit.update_from_headers(response.headers)
                if not _is_retryable(response):
                    return response, requested_at
                reason = f"HTTP {response.status_code}"
                if is_rejected := _is_rate_limited(response):
                    reset_seconds = self._pause_all(response, attempt)
            if request.once and not is_rejected:
                raise ApiUnavailableError(f"{request}: {reason}, not sent again")
            if attempt < MAX_ATTEMPTS:
                self._sleep_before_retry(
                    request, attempt=attempt, reason=reason, reset_seconds=reset_seconds
                )
        raise ApiUnavailableError(
            f"{request}: {reason} from {urlsplit(self._api_url).hostname} in {MAX_ATTEMPTS} "
            "attempts; check that its port can be reached, and run again"
        )

    def _send(self, request: _Request) -> tuple[requests.Response, datetime]:
        """Send the request once, when both concurrency and rate limit allow it."""
        with self._in_flight:
            self._acquire_slot()
            requested_at = datetime.now(UTC)
            with self._lock:
                self.stats.requests += 1
            response = self._session.request(
                request.method,
                self._api_url + request.path,
                params=list(request.params),
                json=request.body,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,
            )
            self._read_body(request, response)
        self._heartbeat.log(self.stats)
        return response, requested_at

    def _read_body(self, request: _Request, response: requests.Response) -> None:
        """Read the body, up to a limit of its size once decompressed."""
        content, size = BytesIO(), 0  # joining a list of chunks would take the memory twice
        with response:
            for chunk in response.iter_content(CHUNK_BYTES):
                size += content.write(chunk)
                if size > MAX_RESPONSE_BYTES:
                    raise UnexpectedResponseError(f"{request}: the response is too large")
        response._content = content.getvalue()  # noqa: SLF001 - as its property would set it

    def _acquire_slot(self) -> None:
        """Sleep until the rate limit allows another request."""
        with self._lock:
            seconds = self._limit.reserve(self._clock.monotonic())
        self._sleep(seconds, f"for ClickUp's rate limit ({self._limit})")

    def _pause_all(self, response: requests.Response, attempt: int) -> float:
        """Make all threads wait after a 429, since they share the rate limit; return the seconds.

        Without a header that names them, those of all attempts together are a whole window.
        """
        reset_seconds = seconds_until_reset(response.headers)
        seconds = 2.0**attempt if reset_seconds is None else reset_seconds
        with self._lock:
            self._limit.pause(self._clock.monotonic() + seconds)
        return seconds

    def _sleep_before_retry(
        self, request: _Request, *, attempt: int, reason: str, reset_seconds: float | None
    ) -> None:
        """Sleep until the rate limit resets, if known, else with exponential backoff."""
        backoff_seconds = 2.0 ** (attempt - 1) / 2
        jitter = random.uniform(0.0, 0.5)  # noqa: S311 - spreads retries, not used for security
        seconds = (backoff_seconds if reset_seconds is None else reset_seconds) + jitter
        logger.warning("%s: %s, retrying in %.1f s", request, reason, seconds)
        with self._lock:
            self.stats.retries += 1
        self._sleep(seconds, f"to retry {request}")

    def _sleep(self, seconds: float, reason: str) -> None:
        if seconds > 0:
            with self._lock:
                self.stats.waited_seconds += seconds
            self._heartbeat.sleep(seconds, reason)

    def _error_for(self, request: _Request, response: requests.Response) -> ClickUpError:
        """Return the error for a failed response.

        An invalid token is distinguished from an inaccessible object by the ECODE: ClickUp sends
        401 for both, and its error texts are not reliable.
        """
        status = response.status_code
        ecode = _ecode(response)
        summary = f"{request}: HTTP {status} {ecode}".rstrip()
        if status == HTTPStatus.UNAUTHORIZED:
            if ecode in INVALID_TOKEN_ECODES or request.path == "/user":
                return InvalidTokenError(
                    f"401 Unauthorized: {AUTHENTICATION_HELP} ({ecode or 'no ECODE'})"
                )
            self._verify_token()
            return AccessDeniedError(f"{summary}: deleted, or not visible to the token's user")
        if response.is_redirect:
            return UnexpectedResponseError(
                f"{summary}: redirects are not followed; check the setting api_url"
            )
        if status in INACCESSIBLE_STATUSES:
            return AccessDeniedError(summary)
        return BadRequestError(summary, ecode=ecode)

    def _verify_token(self) -> None:
        """Raise `InvalidTokenError` if the token does not work at all; sends at most one request.

        https://developer.clickup.com/reference/getauthorizeduser
        """
        if not self._token_verified:
            self.get("/user", required_key="user")


class _Authorization(requests.auth.AuthBase):
    """Sets the header without exposing it in its `repr`."""

    def __init__(self, header: str) -> None:
        self._header = header

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


def _is_rate_limited(response: requests.Response) -> bool:
    return response.status_code == HTTPStatus.TOO_MANY_REQUESTS


def _is_retryable(response: requests.Response) -> bool:
    return _is_rate_limited(response) or response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR


def _ecode(response: requests.Response) -> str:
    """Return ClickUp's error code, a short word of capitals, digits and `_`, or an empty text.

    https://developer.clickup.com/docs/common_errors
    """
    try:
        body = decode_json(response.content)
    except JsonError:
        return ""
    code = body.get("ECODE") if isinstance(body, dict) else None
    return code if isinstance(code, str) and re.fullmatch(r"[A-Z0-9_]{1,40}", code) else ""
