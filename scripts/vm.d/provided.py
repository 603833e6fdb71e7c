# SPDX-License-Identifier: GPL-2.0
"""What scripts/setup and scripts/kernel have put into the cache."""
import subprocess
from pathlib import Path

SETUP = Path(__file__).resolve().parent.parent / "setup"


class NotProvided(Exception):
    """It is not there; the text says how to get it, in a sentence."""


def provided(*what: str) -> str:
    """What scripts/setup --print says; see there for the words."""
    found = subprocess.run([SETUP, "--print", *what], capture_output=True, text=True, check=False)
    if found.returncode:
        raise NotProvided(found.stderr.strip().removeprefix("setup: "))
    return found.stdout.strip()
