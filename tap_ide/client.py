"""Request heartbeats from a WakaTime-compatible server.

It sends GET to one host and does not follow redirects, so the token is sent to no other host.
Error texts never contain the token or any part of a response.
https://wakatime.com/developers#authentication
"""

from __future__ import annotations

import logging
import random
import time
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from tap_ide.errors import HistoryLimitError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from tap_ide.settings import Account

MAX_ATTEMPTS = 5
TIMEOUT_SECONDS = (10, 60)
"""Connect timeout and read timeout."""
MAX_RESPONSE_SECONDS = 5 * 60
MAX_RESPONSE_BYTES = 64 * 2**20
"""A day of work is about one megabyte."""
CHUNK_BYTES = 2**16
BACKOFF_SECONDS = 0.5
MAX_WAIT_SECONDS = 120
"""Of what a server asks to wait."""
SLEEP_SECONDS = 0.2
"""After this time a sleep looks whether a signal was received."""
CONNECTION_ERRORS = (requests.ConnectionError, requests.Timeout, HTTPError)
"""Raised when the connection is lost before or during the response."""

logger = logging.getLogger("tap-ide")


@dataclass(frozen=True)
class DayResponse:
    """The body of a response, and when its request was sent."""

    body: bytes
    requested_at: datetime


class Client:
    """Reads the heartbeats of an account. `raise_if_interrupted` is called while it waits."""

    def __init__(self, account: Account, raise_if_interrupted: Callable[[], None]) -> None:
        self.name = f"{account.email} at {urlsplit(account.url).hostname}"
        self._url = f"{account.url}/users/current/heartbeats"
        self._raise_if_interrupted = raise_if_interrupted
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        # Set as `auth`, not as a header: otherwise requests replaces it by an entry in ~/.netrc.
        self._session.auth = _Authorization(account.token)
        self._session.headers["User-Agent"] = f"tap-ide/{version('pandev-clickup')}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def read_day(self, day: date) -> DayResponse:
        """Return the response for a day. Raises `SourceError`."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            self._raise_if_interrupted()
            requested_at = datetime.now(UTC)
            wait_seconds = BACKOFF_SECONDS * 2 ** (attempt - 1)
            try:
                status, retry_after, body = self._send(day)
            except CONNECTION_ERRORS as error:
                reason = type(error).__name__
            except requests.RequestException as error:
                raise SourceError(f"{self.name}: {type(error).__name__}") from None
            else:
                if status == HTTPStatus.OK:
                    return DayResponse(body, requested_at)
                reason = f"HTTP {status}"
                if (
                    status != HTTPStatus.TOO_MANY_REQUESTS
                    and status < HTTPStatus.INTERNAL_SERVER_ERROR
                ):
                    raise self._error_for(status)
                wait_seconds = max(wait_seconds, retry_after)
            if attempt < MAX_ATTEMPTS:
                logger.warning("%s: %s, retrying in %.1f s", self.name, reason, wait_seconds)
                self._sleep(wait_seconds)
        raise SourceError(
            f"{self.name}: {reason} in {MAX_ATTEMPTS} attempts; check that the server can be "
            "reached, and run again"
        )

    def _send(self, day: date) -> tuple[int, float, bytes]:
        """Send a request once; return the status, the seconds to wait, and the body of a 200."""
        response = self._session.get(
            self._url,
            params={"date": day.isoformat()},
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
            stream=True,
        )
        with response:
            body = self._read_body(response) if response.status_code == HTTPStatus.OK else b""
        return response.status_code, _retry_after(response), body

    def _read_body(self, response: requests.Response) -> bytes:
        """Return the body, up to a limit of its size and of its time.

        The read timeout begins again with every byte.
        """
        deadline = time.monotonic() + MAX_RESPONSE_SECONDS
        chunks = []
        size = 0
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            self._raise_if_interrupted()
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_RESPONSE_BYTES:
                raise SourceError(f"{self.name}: the response is too large")
            if time.monotonic() > deadline:
                raise SourceError(f"{self.name}: the response takes too long")
        return b"".join(chunks)

    def _error_for(self, status: int) -> SourceError:
        summary = f"{self.name}: HTTP {status}"
        if status == HTTPStatus.PAYMENT_REQUIRED:
            return HistoryLimitError(summary)
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return SourceError(
                f"{summary}: the token is wrong or was replaced; set the API key of the account in "
                "wakatime_accounts"
            )
        return SourceError(
            f"{summary}: check wakatime_url; it ends with /api/v1, and with "
            "/api/compat/wakatime/v1 for Wakapi"
        )

    def _sleep(self, seconds: float) -> None:
        jitter = random.uniform(0.0, BACKOFF_SECONDS)  # noqa: S311 - spreads retries
        end = time.monotonic() + seconds + jitter
        while (remaining := end - time.monotonic()) > 0:
            self._raise_if_interrupted()
            time.sleep(min(SLEEP_SECONDS, remaining))


class _Authorization(requests.auth.AuthBase):
    """Sets the header without exposing the token in its `repr`."""

    def __init__(self, token: str) -> None:
        self._header = f"Basic {b64encode(token.encode()).decode()}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


def _retry_after(response: requests.Response) -> float:
    """Return the seconds that the server asks to wait, within the limit; a date is ignored.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    text = response.headers.get("Retry-After", "")
    return min(float(text), MAX_WAIT_SECONDS) if text.isascii() and text.isdigit() else 0.0
