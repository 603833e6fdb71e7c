# SPDX-License-Identifier: GPL-2.0
"""The programs that work on mapped files, and the lines that say what they are to do."""
import json
import os
import re
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable

from benchlib import REPO, BenchError, compile_static

HERE = Path(__file__).resolve().parent
FOLDER = HERE.relative_to(REPO)
GO_SOURCES = "/usr/share/gocode"


# Verbs of the language that throw dice
DICE = re.compile(r"\b(random|zipf|hot|runs)\b")
SEED = re.compile(r"\bseed=(\d+)")


@dataclass(frozen=True)
class Workload:
    """A line of the workloads: what which program is told. own_advice: it calls madvise()."""
    name: str
    program: str
    line: str
    accesses: int = 1
    own_advice: bool = False

    @property
    def description(self) -> str:
        if self.program != "pattern":
            return f"program {self.program} {self.line}"
        return self.line.partition(":")[2].strip()

    def other_seeds(self, count: int) -> list["Workload"]:
        """The same with the next seeds; none where nothing is left to chance."""
        name, _, what = self.line.partition(":")
        if self.program != "pattern" or not DICE.search(what):
            return []
        given = SEED.search(what)
        first = int(given[1]) if given else 1
        what = SEED.sub("", what)
        return [replace(self, line=f"{name}: seed={first + more} {' '.join(what.split())}")
                for more in range(1, count + 1)]


@dataclass(frozen=True)
class Program:
    """sources decide about its results. build(folder) returns what the guest needs, as
    scripts/vm --copy takes it."""
    sources: list[str]
    build: Callable[[Path], list[str]]
    own_advice: bool = False
    # The file lives twice in the guest, on the disk and in the page cache.
    memory_mib: int = 768
    disk_mib: int = 512
    # On this machine's clock.
    lay_limit_s: int = 300


def installed(path: str) -> str:
    if not Path(path).exists():
        raise BenchError(f"{path} is missing: run scripts/setup")
    return path


def build_pattern(folder: Path) -> list[str]:
    return [str(pattern_program(folder))]


def pattern_program(folder: Path) -> Path:
    sources = HERE / "pattern"
    return compile_static(sources / "pattern.c", folder, sources / "language.c",
                          sources / "touches.c")


def build_advise(folder: Path) -> list[str]:
    """The library that advises mappings of dynamic programs."""
    library = folder / "advise.so"
    made = subprocess.run(["gcc", "-O2", "-Wall", "-shared", "-fPIC", "-o", library,
                           HERE / "programs/advise.c"], check=False)
    if made.returncode:
        raise BenchError("advise.c cannot be compiled")
    return [str(library)]


def build_bbolt(folder: Path) -> list[str]:
    program = folder / "bbolt"
    settings = {"GO111MODULE": "off", "GOPATH": installed(GO_SOURCES), "CGO_ENABLED": "0",
                "GOFLAGS": "", "GOCACHE": str(REPO / "build/scoreboard/go")}
    made = subprocess.run([installed("/usr/bin/go"), "build", "-o", program,
                           HERE / "programs/bbolt.go"], env={**os.environ, **settings}, check=False)
    if made.returncode:
        raise BenchError("bbolt.go cannot be compiled")
    return [str(program)]


def build_rocksdb(folder: Path) -> list[str]:
    return [*build_advise(folder), f"{installed('/usr/bin/db_bench')}:/usr/bin/"]


def sources_of(*names: str) -> list[str]:
    return [str(FOLDER / name) for name in names]


PROGRAMS = {
    "pattern": Program(sources_of("programs/pattern", "pattern"), build_pattern),
    "fio": Program(sources_of("programs/fio", "programs/advise.c"), build_advise),
    "bbolt": Program(sources_of("programs/bbolt", "programs/bbolt.go"), build_bbolt,
                     own_advice=True, memory_mib=1536, disk_mib=1024),
    "rocksdb": Program(sources_of("programs/rocksdb", "programs/advise.c"), build_rocksdb,
                       own_advice=True, memory_mib=1024),
}


def cases(program: str) -> list[str]:
    """What a program other than the pattern program can be told."""
    script = (HERE / "programs" / program).read_text(encoding="utf-8")
    return re.search(r"^# cases: (.*)$", script, re.M)[1].split()


def read_line(line: str, pattern: Path) -> Workload:
    """NAME: program PROGRAM CASE, or a line of the language, which only its own parser reads."""
    match = re.fullmatch(r"([a-z0-9.-]+): *program +(\S+) +(\S+)", line)
    if match:
        name, program, case = match.groups()
        known = [other for other in PROGRAMS if other != "pattern"]
        if program not in known:
            raise BenchError(f"{program}: want a program of {', '.join(known)}")
        if case not in cases(program):
            raise BenchError(f"{case}: {program} knows {', '.join(cases(program))}")
        return Workload(name, program, case, own_advice=PROGRAMS[program].own_advice)
    found = subprocess.run([pattern, "--check", line], capture_output=True, text=True, check=False)
    if found.returncode:
        raise BenchError(found.stderr.strip())
    what = json.loads(found.stdout)
    return Workload(what["name"], "pattern", line, sum(map(len, what["phases"])),
                    what["own_advice"])


def read_workloads(path: Path, folder: Path) -> list[Workload]:
    """The workloads of a file; folder is for the program that knows the language."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BenchError(f"{path}: {error}") from error
    pattern = pattern_program(folder)
    found: dict[str, Workload] = {}
    for number, line in enumerate(lines, 1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        try:
            workload = read_line(line, pattern)
        except BenchError as error:
            raise BenchError(f"{path}:{number}: {error}") from error
        if workload.name in found:
            raise BenchError(f"{path}:{number}: there is a workload {workload.name} already")
        found[workload.name] = workload
    return list(found.values())
