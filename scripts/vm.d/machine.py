# SPDX-License-Identifier: GPL-2.0
"""A QEMU guest: its streams, and what its kernel says."""
import ctypes
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from emulator import Qemu

# How many times slower than Debian's the kernels with checks are; every limit of time
# is multiplied by it.
SLOWNESS = {"debug": 5, "kcsan": 5}

# Longest wait for the command to start. TCG takes some seconds of processor time, which
# a busy machine gives it in minutes.
BOOT_LIMIT_S = 300
PROGRESS_AFTER_S = 2

# What the kernel says when something in it went wrong.
REPORT = re.compile(
    r"\bBUG: |kernel BUG at |\bWARNING: |\bOops|general protection fault|[Uu]nable to handle"
    r"|Kernel panic|double fault|Bad page state|stack is corrupted"
    # locks, contexts
    r"|circular locking|inconsistent lock state|recursive locking|suspicious RCU usage"
    r"|held lock freed|register non-static key|lock held when returning to user space"
    r"|sleeping function called|scheduling while atomic|using \S+ in preemptible"
    # sanitizers, corruption
    r"|KASAN: |UBSAN: |KCSAN: |\bBUG \S+ \([^)]*\): |(?:list_add|list_del) corruption"
    r"|refcount_t: |ODEBUG: |kmemleak: [1-9]\d* new suspected|unreferenced object 0x"
    r"|cannot create duplicate"
    # time
    r"|INFO: task .* blocked for more than|soft lockup|hard LOCKUP|workqueue lockup"
    r"|rcu.* detected stalls?|rcu.* self-detected stall")
# From one ruler to the next, as the detector of data races prints it.
RACE = re.compile(r"^(?:\[[^]]*\]\S* )?={20,}\n(?=[^\n]*KCSAN: )(.*?)={20,}(?:\n|\Z)", re.M | re.S)
# The disk completes requests, of which the kernel makes what it likes: what counts is its access.
OURS = re.compile(r"\[smart_madvise\]|data-race in .*\[smadv_disk\]")
# Of schedule_hrtimeout(), which we call: the timer's interrupt tells the sleeper, on whose stack
# both of them look, that it woke him, and marks neither for the detector. And of the clock for
# any context, which is read while it is written, and read again then (synchronize_srcu() does).
KERNELS_OWN = re.compile(r"data-race in (?:hrtimer_wakeup / schedule_hrtimeout_range_clock"
                         r"|ktime_get_mono_fast_ns\+\S+)$", re.M)
# An empty line between two stacks, and the entry of an interrupt on one
GAP = re.compile(r"^(?:\[[^]]*\]\S* )?\s*$")
INTERRUPT = re.compile(r" asm_(?:sysvec_|common_interrupt)")
REPORT_LINES = 40

# loglevel 5: warnings and worse reach the serial line as they happen; the whole
# log comes at the end by dmesg. The log buffer holds a long run's. The timer is there:
# a guest that has to wait for its turn need not see it tick in time, and would panic.
COMMAND_LINE = ("console=ttyS0 loglevel=5 log_buf_len=4M printk.time=1 oops=panic panic=-1 "
                "sysctl.kernel.hung_task_timeout_secs=60 random.trust_cpu=on tsc=reliable "
                "no_timer_check rdinit=/init")
STARTED = "vm: command starts"


@dataclass
class Stream:
    """One of the guest's streams: what is in it, then NUL, the nonce and a word."""
    trailer: bytes
    sink: Callable[[bytes], object]
    held: bytes = b""
    word: str | None = None

    def feed(self, data: bytes) -> None:
        """Passes on all that cannot be the trailer or its start."""
        data = self.held + data
        at = data.find(self.trailer)
        if at < 0:
            keep = next((n for n in range(min(len(self.trailer), len(data)), 0, -1)
                         if self.trailer.startswith(data[-n:])), 0)
            at = len(data) - keep
        elif data.endswith(b"\n"):
            self.word = data[at + len(self.trailer):].decode(errors="replace").strip()
        self.held = data[at:]
        if at:
            self.sink(data[:at])


@dataclass
class Outcome:
    """What became of a run."""
    word: str | None = None
    timed_out: bool = False
    started: bool = False
    files_complete: bool = False
    kernel_log: str = ""
    last_words: str = ""
    reports: list[str] = field(default_factory=list)


@dataclass
class Machine:
    """One guest, to be run once."""
    folder: Path
    emulator: Qemu
    initrd: Path
    nonce: str
    cpus: int
    memory_mb: int
    icount: bool
    turns: bool
    accelerator: str | None
    append: str
    slowness: int = 1

    @property
    def tar(self) -> Path:
        return self.folder / "out.tar"

    @property
    def console(self) -> Path:
        return self.folder / "console"

    def run(self, timeout_s: float, name: str) -> Outcome:
        """Boots, shows the command's output as it comes, and ends the guest."""
        dmesg = bytearray()
        trailer = f"\0{self.nonce} ".encode()
        with open(self.tar, "wb", buffering=0) as tar:
            streams = [Stream(trailer, show), Stream(trailer, tar.write),
                       Stream(trailer, dmesg.extend)]
            pipes = [os.pipe() for _ in streams]
            outcome = Outcome()
            process = self._start([write for _, write in pipes])
            try:
                for _, write in pipes:
                    os.close(write)
                self._follow(dict(zip((read for read, _ in pipes), streams)), outcome,
                             timeout_s, Progress(name))
            finally:
                process.kill()
                process.wait()
                for read, _ in pipes:
                    os.close(read)
        output, files, log = streams
        outcome.word = output.word
        outcome.files_complete = files.word is not None
        console = self._console_text()
        whole = dmesg.decode(errors="replace")
        outcome.kernel_log = whole if log.word is not None else console + whole
        outcome.reports = reports_in(whole) or reports_in(console)
        said = (self.folder / "qemu.log").read_text(errors="replace") + console
        outcome.last_words = "\n".join(said.splitlines()[-15:])
        return outcome

    def _follow(self, streams: dict[int, Stream], outcome: Outcome, timeout_s: float,
                progress: "Progress") -> None:
        """Until the first stream is complete, the guest is gone, or time is up."""
        output = next(iter(streams.values()))
        deadline = time.monotonic() + BOOT_LIMIT_S * self.slowness
        with selectors.DefaultSelector() as selector:
            for descriptor in streams:
                selector.register(descriptor, selectors.EVENT_READ)
            while selector.get_map() and output.word is None:
                for key, _ in selector.select(timeout=0.1):
                    data = os.read(key.fd, 1 << 16)
                    if data:
                        progress.clear()
                        streams[key.fd].feed(data)
                    else:
                        selector.unregister(key.fd)
                if not outcome.started and STARTED in self._console_text():
                    outcome.started = True
                    progress.clear()
                    deadline = time.monotonic() + timeout_s
                if time.monotonic() > deadline:
                    outcome.timed_out = outcome.started
                    break
                progress.show(outcome.started)
            # The guest sends the streams in turn, the first one's trailer last.
            for descriptor, stream in streams.items():
                while output.word is not None and stream.word is None and \
                        selector.get_map() and select_one(descriptor):
                    data = os.read(descriptor, 1 << 16)
                    if not data:
                        break
                    stream.feed(data)
        progress.clear()

    def _console_text(self) -> str:
        if not self.console.exists():
            return ""
        return self.console.read_text(encoding="utf-8", errors="replace").replace("\r", "")

    def _start(self, descriptors: list[int]) -> subprocess.Popen:
        words = [*self.emulator.words(),
                 *self.emulator.guest_words(f"{COMMAND_LINE} {self.append}", self.icount,
                                            self.turns, self.accelerator),
                 "-smp", str(self.cpus), "-m", str(self.memory_mb), "-initrd", str(self.initrd),
                 "-chardev", f"file,id=console,path={self.console}", "-serial", "chardev:console",
                 "-device", "virtio-serial-pci,id=ports"]
        for number, descriptor in enumerate(descriptors, 1):
            words += ["-add-fd", f"fd={descriptor},set={number}",
                      "-chardev", f"file,id=c{number},path=/dev/fdset/{number},append=on",
                      "-device", f"virtserialport,bus=ports.0,nr={number},chardev=c{number}"]
        with open(self.folder / "qemu.log", "wb") as log:
            return subprocess.Popen(words, env=self.emulator.environment(),
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                    pass_fds=descriptors, preexec_fn=die_with_parent)


class Progress:
    """A line for a person who waits for the boot."""

    def __init__(self, name: str) -> None:
        self.text = f"vm: booting {name} ..."
        self.due = time.monotonic() + PROGRESS_AFTER_S if sys.stderr.isatty() else None
        self.shown = False

    def show(self, started: bool) -> None:
        if self.due and not started and not self.shown and time.monotonic() > self.due:
            self.shown = True
            print(self.text, end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self.shown:
            print(f"\r{' ' * len(self.text)}\r", end="", file=sys.stderr, flush=True)
        self.due, self.shown = None, False


def has_part(race: str) -> bool:
    """Is one of our modules in a race, and not only what an interrupt came upon?"""
    interrupted = False
    for line in race.splitlines():
        if GAP.match(line):
            interrupted = False
        elif INTERRUPT.search(line):
            interrupted = True
        elif OURS.search(line) and not interrupted:
            return not KERNELS_OWN.search(race)
    return False


def reports_in(log: str) -> list[str]:
    """The first report of a kernel log with the lines that follow, and all headlines.

    The kernel has data races of its own: only those count that one of our modules is in.
    """
    log = RACE.sub(lambda race: race[0] if has_part(race[1]) else "", log)
    lines = log.splitlines()
    hits = [number for number, line in enumerate(lines) if REPORT.search(line)]
    if not hits:
        return []
    first = lines[hits[0]:hits[0] + REPORT_LINES]
    return first + [lines[number] for number in hits if number >= hits[0] + REPORT_LINES][:20]


def show(data: bytes) -> None:
    while data:
        data = data[os.write(1, data):]


def select_one(descriptor: int) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(timeout=5))


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def end_with_parent() -> None:
    """The same for a program that cleans up behind itself."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
