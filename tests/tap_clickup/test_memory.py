"""Large blocks are returned to the system when they are freed."""

from __future__ import annotations

import platform
import re
import subprocess
import sys

import pytest

LARGE = 8 * 2**20
SCRIPT = f"""
from pathlib import Path
from tap_clickup.memory import limit_heap

limit_heap()
for _ in range(2):
    block = bytearray({LARGE})
    del block
block = bytearray({LARGE})
print(next(line for line in Path("/proc/self/maps").read_text().splitlines() if "[heap]" in line))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_a_large_block_is_never_in_the_heap() -> None:
    """By default glibc puts the second one there, behind which small blocks keep it."""
    command = [sys.executable, "-c", SCRIPT]
    heap = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    first, end = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) ", heap)[0]
    assert 0 < int(end, 16) - int(first, 16) < LARGE
