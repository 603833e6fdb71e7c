# SPDX-License-Identifier: GPL-2.0
"""Cells of the scoreboard, the runs that they need, and the results that are kept."""
import hashlib
import json
import threading
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Iterable

import yaml

from benchlib import INSTRUCTIONS_PER_NS, REPO, BenchError, release_of, test_kernels
from programs import PROGRAMS, Workload

FILE_MIB = 256
LIMITS_MIB = {"limit": 96, "near": 200}
DEVICES = ["nvme", "ssd", "net", "hdd"]
MEMORIES = ["fits", *LIMITS_MIB]
PLAIN = "plain"
HINTS = ["sequential", "random"]
ORACLE = "oracle"
NEXT = "next"

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
class Run:
    """What a guest does once."""
    kernel: str
    device: str
    memory: str
    workload: Workload
    governor: str = "none"
    advice: str = "none"

    @property
    def limit_mib(self) -> int:
        """That of the guest, for runs that have one."""
        return LIMITS_MIB.get(self.memory, LIMITS_MIB["limit"])

    @property
    def place(self) -> tuple[str, str, str, int]:
        """Runs of one place can share a guest."""
        return self.kernel, self.device, self.workload.program, self.limit_mib

    @property
    def weight(self) -> int:
        """How many times the program runs, at most."""
        match self.advice.split(":"):
            case ["search", words, accesses]:
                whole, count = len(words.split(",")), int(accesses)
                return whole + (1 + len(HINTS) * count if count > 1 else 0)
        return 1

    @property
    def title(self) -> str:
        how = self.governor if self.governor != "none" else self.advice
        name = {"none": PLAIN, "search": ORACLE}.get(how.partition(":")[0], how)
        return f"{self.kernel} {self.device} {self.memory} {self.workload.name} {name}"

    @cache
    def key(self) -> str:
        """Two runs with the same key have the same result."""
        parts = [release_of(self.kernel), self.device, self.memory, self.governor, self.advice,
                 self.workload.program, self.workload.line.rpartition(":")[2].split(),
                 FILE_MIB, self.limit_mib, INSTRUCTIONS_PER_NS,
                 hash_of("bench/disk", "bench/scoreboard.d/guest",
                         *PROGRAMS[self.workload.program].sources)]
        if self.governor != "none":
            parts.append(hash_of("kmod", "include"))
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


@cache
def hash_of(*sources: str) -> str:
    """Of files and folders."""
    total = hashlib.sha256()
    for source in sources:
        path = REPO / source
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file():
                total.update(f"{file.relative_to(REPO)}\0".encode() + file.read_bytes())
    return total.hexdigest()


@dataclass(frozen=True)
class Cell:
    """A field of the table: one workload in one place under one governor or hint."""
    kernel: str
    device: str
    memory: str
    workload: Workload
    column: str

    def run(self) -> Run:
        """What has the cell's result."""
        base = (self.kernel, self.device, self.memory, self.workload)
        if self.column == PLAIN:
            return Run(*base)
        if self.column in HINTS:
            return Run(*base, advice=self.column)
        if self.column != ORACLE:
            return Run(*base, governor=self.column)
        words = ["none", *["normal"] * self.workload.own_advice, *HINTS]
        return Run(*base, advice=f"search:{','.join(words)}:{self.workload.accesses}")

    def other_seeds(self, count: int) -> list["Cell"]:
        return [replace(self, workload=other) for other in self.workload.other_seeds(count)]


@dataclass(frozen=True)
class Result:
    """What came of a run, or the mean of several. Times are those of the modelled CPU."""
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
    seeds: int = 1

    @property
    def hints(self) -> str:
        """Applied/reverted; empty without the module."""
        if self.hints_applied is None:
            return ""
        return f"{round(self.hints_applied, 1):g}/{round(self.hints_reverted, 1):g}"


def mean(values: list):
    """Of numbers; of what is made of numbers, each for itself; of other things the first."""
    first = values[0]
    if isinstance(first, dict):
        return {key: mean([value[key] for value in values]) for key in first}
    if isinstance(first, list):
        return [mean(list(each)) for each in zip(*values)]
    return fmean(values) if isinstance(first, (int, float)) else first


def mean_result(results: list[Result]) -> Result:
    """Of one cell with so many seeds."""
    means = {field.name: mean([getattr(result, field.name) for result in results])
             for field in fields(Result)}
    return Result(**{**means, "seeds": len(results)})


def result_of(said: dict) -> Result:
    """From what the guest says of a run."""
    def times(of: dict) -> dict[str, float]:
        return {"time_ms": of["time_ns"] / 1e6 / INSTRUCTIONS_PER_NS,
                "majors": of["majors"], "minors": of["minors"]}

    counts, stats = said["counts"], said["stats"]
    module = {}
    if stats:
        module = {"hints_applied": stats["tasks-applied"],
                  "hints_reverted": stats.get("hints-reverted", stats["hints-restored"]),
                  "analyzer_ms": stats["analyzer-ns"] / 1e6 / INSTRUCTIONS_PER_NS,
                  "stats": stats}
    return Result(**times(counts), read_mib=said["read_bytes"] / 2 ** 20,
                  requests=said["requests"], advice=said["advice"],
                  phases=[times(phase) for phase in counts["phases"]], **module)


# What is measured by default, about twenty minutes on two idle processors: each pattern
# where most is at stake, and elsewhere those that tell kernels, devices and sizes apart.
CORE = {
    ("6.1", "nvme", "limit"): "sequential backward random-5 random-30 random-once zipf hot-set "
                              "stride-8 stride-16 stride-64 stride-256 runs-16k runs-64k runs-256k "
                              "runs-1m streams-2 streams-4 half-dense quarter-sparse phases-sparse "
                              "phases-dense random-then-seq random-5-by-8 hot-set-by-8 "
                              "sequential-by-8 quarter-by-8 phases-by-8 fio-zipf",
    ("6.1", "nvme", "fits"): "sequential random-5 random-once hot-set stride-16 runs-64k "
                             "half-dense phases-dense bbolt-get bbolt-scan rocksdb-get",
    ("6.1", "nvme", "near"): "random-once zipf hot-set",
    ("6.12", "nvme", "limit"): "sequential random-5 hot-set phases-sparse",
    (NEXT, "nvme", "limit"): "sequential backward random-5 zipf hot-set stride-16 quarter-sparse "
                             "phases-sparse random-then-seq hot-set-by-8",
    (NEXT, "nvme", "fits"): "random-30 hot-set",
    ("6.1", "ssd", "limit"): "sequential random-5 hot-set",
    ("6.1", "net", "limit"): "sequential backward random-5 hot-set stride-64",
    ("6.1", "net", "fits"): "random-once",
    ("6.1", "hdd", "limit"): "sequential random-5 hot-set",
    ("6.1", "hdd", "near"): "random-once",
    ("6.1", "hdd", "fits"): "random-5",
}


def core(workloads: list[Workload]) -> set[tuple[str, str, str, str]]:
    """(kernel, device, memory, workload) of each cell that is measured by default."""
    found = {(*place, name) for place, names in CORE.items() for name in names.split()}
    unknown = {name for *_, name in found} - {workload.name for workload in workloads}
    if unknown:
        raise BenchError(f"the core set names workloads that are not there: {', '.join(unknown)}")
    return found


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

    def result(self, cell: Cell, others: Iterable[Cell] = ()) -> Result | None:
        """The cell's, or its mean with those of the others, when all of their runs are there."""
        results = [self.find(each.run()) for each in (cell, *others)]
        if any(result is None for result in results):
            return None
        return mean_result(results) if others else results[0]


def missing(cells: Iterable[Cell], store: Store) -> list[Run]:
    """Runs that the cells need and nobody has done yet, each once."""
    runs = dict.fromkeys(cell.run() for cell in cells)
    return [run for run in runs if store.find(run) is None]
