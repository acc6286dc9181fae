"""A password of PostgreSQL that is cheap to check, for servers that tests connect to all the time.

`python -m tests.support.passwords` reads a password and prints its verifier.
https://www.postgresql.org/docs/current/catalog-pg-authid.html
"""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import b64encode

SALT_BYTES = 16


def make_verifier(password: str) -> str:
    """Return what PostgreSQL stores of a password, by one round of hashing.

    Its default of 4,096 rounds takes client and server 2 ms of CPU each, for every connection.
    """
    salt = os.urandom(SALT_BYTES)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1)
    client_key, server_key = (
        hmac.digest(salted, name, "sha256") for name in (b"Client Key", b"Server Key")
    )
    parts = (salt, hashlib.sha256(client_key).digest(), server_key)
    texts = [b64encode(part).decode() for part in parts]
    return "SCRAM-SHA-256$1:{}${}:{}".format(*texts)


if __name__ == "__main__":
    print(make_verifier(input()))  # noqa: T201 - its result
