# SPDX-License-Identifier: GPL-2.0
"""Cells of the scoreboard, the runs that they need, and the results that are kept."""
import hashlib
import json
import threading
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Iterable

import yaml

from benchlib import INSTRUCTIONS_PER_NS, REPO, BenchError, release_of, test_kernels

FILE_MIB = 256
LIMIT_MIB = 96
DEVICES = ["nvme", "ssd", "net", "hdd"]
MEMORIES = ["fits", "limit"]
PLAIN = "plain"
HINTS = ["sequential", "random"]
ORACLE = "oracle"
NEXT = "next"

HERE = Path(__file__).resolve().parent
SPEC = REPO / "include/spec/smart_madvise.yaml"


@cache
def governors() -> list[str]:
    """Those that the module knows, but for the one that never acts."""
    spec = yaml.safe_load(SPEC.read_text(encoding="utf-8"))
    found = next(each for each in spec["definitions"] if each["name"] == "governor")
    return [entry["name"] for entry in found["entries"] if entry["name"] != "observe"]


@cache
def kernels() -> list[str]:
    """Those under test, and the newest when scripts/kernel has provided it."""
    found = test_kernels()
    try:
        return [*found, NEXT] if release_of(NEXT) else found
    except BenchError:
        return found


def columns() -> list[str]:
    return [PLAIN, *HINTS, ORACLE, *governors()]


@dataclass(frozen=True)
class Workload:
    """A line of the language. own_advice: it calls madvise() itself."""
    name: str
    line: str
    accesses: int
    own_advice: bool


@dataclass(frozen=True)
class Run:
    """What a guest does once."""
    kernel: str
    device: str
    memory: str
    workload: Workload
    governor: str = "none"
    advice: str = "none"

    @property
    def place(self) -> tuple[str, str]:
        """Runs of one place can share a guest."""
        return self.kernel, self.device

    @property
    def title(self) -> str:
        how = self.governor if self.governor != "none" else self.advice
        return (f"{self.kernel} {self.device} {self.memory} {self.workload.name} "
                + (PLAIN if how == "none" else how))

    def key(self) -> str:
        """Two runs with the same key have the same result."""
        parts = [release_of(self.kernel), self.device, self.memory, self.governor, self.advice,
                 self.workload.line.partition(":")[2].split(), FILE_MIB, LIMIT_MIB,
                 INSTRUCTIONS_PER_NS, hash_of("bench/disk", "bench/scoreboard.d")]
        if self.governor != "none":
            parts.append(hash_of("kmod", "include"))
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


@cache
def hash_of(*folders: str) -> str:
    """Of all that decides about a result in there: sources and the guest's script."""
    total = hashlib.sha256()
    for folder in folders:
        for path in sorted((REPO / folder).rglob("*")):
            if path.suffix in {".c", ".h", ""} and path.is_file() and path.name != "workloads":
                total.update(f"{path.relative_to(REPO)}\0".encode() + path.read_bytes())
    return total.hexdigest()


@dataclass(frozen=True)
class Cell:
    """A field of the table: one workload in one place under one governor or hint."""
    kernel: str
    device: str
    memory: str
    workload: Workload
    column: str

    def runs(self) -> list[Run]:
        """The fastest of these is the cell's result."""
        base = (self.kernel, self.device, self.memory, self.workload)
        if self.column == PLAIN:
            return [Run(*base)]
        if self.column in HINTS:
            return [Run(*base, advice=self.column)]
        if self.column != ORACLE:
            return [Run(*base, governor=self.column)]
        words = ["normal" if self.workload.own_advice else "none", *HINTS]
        if self.workload.accesses > 1:
            words.append(f"search:{self.workload.accesses}")
        return [Run(*base, advice=word) for word in words]


@dataclass(frozen=True)
class Result:
    """What came of a run. Times are those of the modelled CPU."""
    time_ms: float
    read_mib: float
    requests: int
    majors: int
    minors: int
    advice: str
    phases: list[dict[str, float]]
    hints_applied: int | None = None
    hints_reverted: int | None = None
    analyzer_ms: float | None = None
    stats: dict[str, int] | None = None


def result_of(said: dict) -> Result:
    """From what the guest says of a run."""
    def times(counts: dict) -> dict[str, float]:
        return {"time_ms": counts["time_ns"] / 1e6 / INSTRUCTIONS_PER_NS,
                "majors": counts["majors"], "minors": counts["minors"]}

    pattern, stats = said["pattern"], said["stats"]
    module = {}
    if stats:
        module = {"hints_applied": stats["tasks-applied"],
                  "hints_reverted": stats.get("hints-reverted", stats["hints-restored"]),
                  "analyzer_ms": stats["analyzer-ns"] / 1e6 / INSTRUCTIONS_PER_NS,
                  "stats": stats}
    return Result(**times(pattern), read_mib=said["read_bytes"] / 2 ** 20,
                  requests=said["requests"], advice=said["advice"],
                  phases=[times(phase) for phase in pattern["phases"]], **module)


def is_core(kernel: str, device: str, memory: str, workload: Workload) -> bool:
    """Whether the cell belongs to the set that is measured by default."""
    return device == "nvme"


class Store:
    """Results by key, kept as lines of JSON so that an interrupted run resumes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.Lock()
        self.results: dict[str, Result] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    kept = json.loads(line)
                    self.results[kept["key"]] = Result(**kept["result"])
                except (ValueError, KeyError, TypeError):
                    continue  # a line that was cut short, or of an older form, is run again

    def find(self, run: Run) -> Result | None:
        return self.results.get(run.key())

    def keep(self, run: Run, result: Result) -> None:
        with self.lock:
            self.results[run.key()] = result
            line = json.dumps({"key": run.key(), "run": run.title, "result": asdict(result)})
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(line + "\n")

    def forget(self, runs: Iterable[Run]) -> None:
        for run in runs:
            self.results.pop(run.key(), None)

    def result(self, cell: Cell) -> Result | None:
        """The cell's, when all of its runs are there."""
        found = [self.find(run) for run in cell.runs()]
        if any(result is None for result in found):
            return None
        return min(found, key=lambda result: result.time_ms)


def missing(cells: Iterable[Cell], store: Store) -> list[Run]:
    """Runs that the cells need and nobody has done yet, each once."""
    runs = dict.fromkeys(run for cell in cells for run in cell.runs())
    return [run for run in runs if store.find(run) is None]


def read_workloads(path: Path, describe) -> list[Workload]:
    """The workloads of a file; describe(line) says what is in one, or raises BenchError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BenchError(f"{path}: {error}") from error
    found: dict[str, Workload] = {}
    for number, line in enumerate(lines, 1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        try:
            what = describe(line)
        except BenchError as error:
            raise BenchError(f"{path}:{number}: {error}") from error
        if what["name"] in found:
            raise BenchError(f"{path}:{number}: there is a workload {what['name']} already")
        found[what["name"]] = Workload(what["name"], line, sum(map(len, what["phases"])),
                                       what["own_advice"])
    return list(found.values())
