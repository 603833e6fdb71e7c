# SPDX-License-Identifier: GPL-2.0
"""What the benchmarks share: building, running guests beside each other, showing."""
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Callable, Iterable

REPO = Path(__file__).resolve().parent.parent
VM = REPO / "scripts/vm"
sys.path.insert(0, str(REPO / "scripts/vm.d"))
from provided import NotProvided, provided  # noqa: E402

# One instruction is one nanosecond of the guest's virtual time. Device times that
# are stretched by this, and all results divided by it, make a CPU that executes
# this many instructions per nanosecond.
INSTRUCTIONS_PER_NS = 3


class BenchError(Exception):
    """A measurement could not be made; the text says why, in a sentence."""


def test_kernels() -> list[str]:
    return provided("kernels").split()


@cache
def release_of(kernel: str) -> str:
    try:
        return provided("release", kernel)
    except NotProvided as error:
        raise BenchError(str(error)) from error


def compile_static(source: Path, folder: Path, *more: Path) -> Path:
    """A program for the guest, in the folder."""
    program = folder / source.stem
    made = subprocess.run(["gcc", "-O2", "-Wall", "-static", "-pthread", "-o", program, source,
                           *more, "-lm"], check=False)
    if made.returncode:
        raise BenchError(f"{source.parent.name}/{source.name} cannot be compiled")
    return program


def build(kernels: Iterable[str]) -> None:
    """Modules, disk and programs, up to date."""
    for kernel in kernels:
        made = subprocess.run(["make", "-s", "-C", REPO, "module", "disk", "user",
                               f"KERNEL={kernel}"], stdout=sys.stderr, check=False)
        if made.returncode:
            raise BenchError(f"the module or the programs cannot be built for {kernel}")


@dataclass
class Guest:
    """One run of scripts/vm."""
    kernel: str
    options: list[str]
    command: list[str]
    on_line: Callable[[str], None]
    process: subprocess.Popen | None = None

    def run(self) -> None:
        """Returns when the command has succeeded; each of its lines went to on_line."""
        words = [str(VM), "--kernel", self.kernel, "--icount", "--no-module", "--no-build",
                 *self.options, "--", *self.command]
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace") as process:
            self.process = process
            said = []
            for line in process.stdout:
                said.append(line.rstrip("\n"))
                self.on_line(said[-1])
            status = process.wait()
        if status:
            raise BenchError(f"the run on {self.kernel} failed (scripts/vm exit {status}): "
                             + ("\n".join(said[-15:]) or "it said nothing"))

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()


def run_beside(guests: list[Guest]) -> dict[str, BenchError]:
    """Runs all at the same time, which does not disturb virtual time. Returns failures."""
    failures: dict[str, BenchError] = {}

    def run_one(guest: Guest) -> None:
        try:
            guest.run()
        except BenchError as error:
            failures[guest.kernel] = error

    threads = [threading.Thread(target=run_one, args=(guest,)) for guest in guests]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except BaseException:
        for guest in guests:
            guest.stop()
        raise
    return failures


def duration(seconds: float) -> str:
    """For a person who waits."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class Progress:
    """Lines for a person who waits, on standard error."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.start = time.monotonic()

    def say(self, text: str) -> None:
        seconds = time.monotonic() - self.start
        print(f"{self.name}: [{seconds:3.0f} s] {text}", file=sys.stderr, flush=True)


class Paint:
    """Colours, on a terminal only."""

    def __init__(self) -> None:
        self.on = sys.stdout.isatty() and "NO_COLOR" not in os.environ \
            and os.environ.get("TERM") != "dumb"

    def _wrap(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.on else text

    def bold(self, text: str) -> str:
        return self._wrap("1", text)

    def good(self, text: str) -> str:
        return self._wrap("32", text)

    def bad(self, text: str) -> str:
        return self._wrap("31", text)

    def faint(self, text: str) -> str:
        return self._wrap("2", text)
