# SPDX-License-Identifier: GPL-2.0
"""What guest/run left in its output folder: read, and judged."""
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from benchlib import INSTRUCTIONS_PER_NS, BenchError

DATA = "/mnt/data"
HINT_FLAGS = {"sequential": "sr", "random": "rr"}
RESTORES = {"governor": "smadv governor observe", "disable": "smadv disable",
            "unload": "rmmod smart_madvise"}

TRACE_LINE = re.compile(r"^\s*.+-(?P<task>\d+)\s+\[\d+\]\s+\S+\s+(?P<s>\d+\.\d+): (?P<what>.*)$")
MAP_ENTER = re.compile(r"sys_mmap\(.*\blen: (?:0x)?(?P<bytes>[0-9a-f]+)")
MAP_EXIT = re.compile(r"sys_mmap -> 0x(?P<address>[0-9a-f]+)")


@dataclass(frozen=True)
class PhasePlan:
    """A phase, and what is to be found out about each of its jobs, in order."""
    name: str
    title: str
    patterns: dict[str, str]
    # What the memory and the pattern call for; where nothing does, a trial may come and go.
    hints: dict[str, str]

    @property
    def short(self) -> str:
        return self.title.split(":")[0]


@dataclass
class Job:
    """One fio job. Times are those of the modelled CPU."""
    name: str
    reads: int
    time_ms: float
    majors: int
    minors: int


@dataclass
class Run:
    """One run of a phase."""
    jobs: list[Job]
    disk_mib: float
    disk_requests: int

    @property
    def time_ms(self) -> float:
        return sum(job.time_ms for job in self.jobs)

    @property
    def majors(self) -> int:
        return sum(job.majors for job in self.jobs)

    @property
    def minors(self) -> int:
        return sum(job.minors for job in self.jobs)


@dataclass
class Hint:
    """One change of advice: what was seen, what was done, when and where."""
    job: str
    pattern: str
    confidence_pct: int
    hint: str
    state: str
    reason: str
    at_ms: float
    at_fault: int
    start_mib: float
    end_mib: float


@dataclass
class Detection:
    """What a job was taken for at most looks, and when first."""
    pattern: str
    at_ms: float
    at_fault: int
    looks_pct: float


@dataclass
class Phase:
    """A phase, plain and tuned."""
    plan: PhasePlan
    plain: Run
    tuned: Run
    detected: dict[str, "Detection"] = field(default_factory=dict)
    hints: list[Hint] = field(default_factory=list)
    restore: str = ""
    analyzer_ms: float = 0
    problems: list[str] = field(default_factory=list)

    @property
    def faster(self) -> float:
        return self.plain.time_ms / self.tuned.time_ms

    @property
    def fewer_bytes(self) -> float:
        return self.plain.disk_mib / self.tuned.disk_mib


@dataclass
class KernelResult:
    """All phases on one kernel."""
    kernel: str
    release: str
    module: dict[str, object]
    phases: list[Phase]
    problems: list[str]

    def all_problems(self) -> list[str]:
        return self.problems + [f"{phase.plan.short}: {problem}" for phase in self.phases
                                for problem in phase.problems]


@dataclass
class Mapping:
    """Where a job has the file."""
    job: str
    start: int
    at_s: float


# --- reading --------------------------------------------------------------------

def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError as error:
        raise BenchError(f"{path.name} of {path.parent.name} is missing") from error


def read_json(path: Path) -> object:
    """The first JSON value of a file; fio adds remarks before and behind."""
    text = read_text(path)
    starts = [text.find(mark) for mark in "{[" if mark in text]
    try:
        return json.JSONDecoder().raw_decode(text[min(starts):])[0]
    except ValueError as error:
        raise BenchError(f"{path.name} of {path.parent.name} holds no JSON: "
                         + (text.strip()[:200] or "it is empty")) from error


def read_run(folder: Path) -> Run:
    output = read_json(folder / "fio.json")
    for job in output["jobs"]:
        if job["error"]:
            raise BenchError(f"fio job {job['jobname']} failed with error {job['error']}")
    before, after = ([int(word) for word in read_text(folder / f"disk.{when}").split()]
                     for when in ("before", "after"))
    jobs = [Job(name=job["jobname"], reads=job["read"]["total_ios"],
                time_ms=job["read"]["runtime"] / INSTRUCTIONS_PER_NS,
                majors=job["majf"], minors=job["minf"]) for job in output["jobs"]]
    # /sys/block/*/stat: reads, merged reads, 512-byte sectors read
    return Run(jobs, disk_mib=(after[2] - before[2]) / 2048, disk_requests=after[0] - before[0])


def events_of(folder: Path) -> list[tuple[int, float, str]]:
    """(task, seconds, text) of each line of the trace."""
    matches = (TRACE_LINE.match(line) for line in read_text(folder / "trace").splitlines())
    return [(int(m["task"]), float(m["s"]), m["what"]) for m in matches if m]


def words_of(text: str) -> dict[str, str]:
    """key=value words of one of the module's trace events."""
    return dict(word.split("=", 1) for word in text.split() if "=" in word)


def mappings_of(events: list[tuple[int, float, str]], file_bytes: int,
                jobs: list[str]) -> list[Mapping]:
    """Each job maps the file once, in order; that is where it starts."""
    found: list[tuple[float, int]] = []
    entered: dict[int, float] = {}
    for task, seconds, what in events:
        enter, leave = MAP_ENTER.match(what), MAP_EXIT.match(what)
        if enter and int(enter["bytes"], 16) == file_bytes:
            entered[task] = seconds
        elif leave and task in entered:
            found.append((entered.pop(task), int(leave["address"], 16)))
    if len(found) != len(jobs):
        raise BenchError(f"fio mapped the file {len(found)} times in {len(jobs)} jobs")
    return [Mapping(job, start, at_s) for job, (at_s, start) in zip(jobs, found)]


def detected_in(events: list[tuple[int, float, str]], mappings: list[Mapping],
                file_bytes: int) -> dict[str, Detection]:
    """By job, of the looks at its mapping that knew a pattern."""
    looks: dict[str, list[tuple[str, float, int]]] = {}
    for _, seconds, what in events:
        if not what.startswith("smadv_evidence: "):
            continue
        words = words_of(what)
        mapping = mapping_at(words, mappings, file_bytes)
        if mapping and words["pattern"] not in ("unknown", "idle"):
            at_ms = (seconds - mapping.at_s) * 1000 / INSTRUCTIONS_PER_NS
            looks.setdefault(mapping.job, []).append(
                (words["pattern"], at_ms, int(words["faults"])))
    found = {}
    for job, seen in looks.items():
        names = [pattern for pattern, *_ in seen]
        most = max(dict.fromkeys(names), key=names.count)
        first = next(look for look in seen if look[0] == most)
        found[job] = Detection(most, *first[1:], looks_pct=100 * names.count(most) / len(names))
    return found


def mapping_at(words: dict[str, str], mappings: list[Mapping], file_bytes: int) -> Mapping | None:
    start = int(words["range"].split("-")[0], 16)
    return next((m for m in mappings if m.start <= start < m.start + file_bytes), None)


def hints_of(events: list[tuple[int, float, str]], mappings: list[Mapping],
             file_bytes: int) -> list[Hint]:
    """What became of each task on the file, with the verdict before it."""
    hints = []
    verdicts: dict[str, dict[str, str]] = {}
    for _, seconds, what in events:
        if not what.startswith(("smadv_verdict: ", "smadv_apply: ")):
            continue
        words = words_of(what)
        mapping = mapping_at(words, mappings, file_bytes)
        if not mapping:
            continue
        start, end = (int(word, 16) for word in words["range"].split("-"))
        if what.startswith("smadv_verdict: "):
            verdicts[mapping.job] = words
            continue
        verdict = verdicts.get(mapping.job, {})
        hints.append(Hint(
            job=mapping.job, pattern=verdict.get("pattern", "unknown"),
            confidence_pct=int(verdict.get("confidence", "0").rstrip("%")),
            hint=words["hint"], state=words["state"], reason=words["reason"],
            at_ms=(seconds - mapping.at_s) * 1000 / INSTRUCTIONS_PER_NS,
            at_fault=int(verdict.get("faults", 0)),
            start_mib=(start - mapping.start) / 2 ** 20, end_mib=(end - mapping.start) / 2 ** 20))
    return hints


def advised(path: Path) -> dict[int, tuple[str, str]]:
    """Start -> (flag, file) of each mapping that bears advice in a list of flags."""
    found, start, file = {}, 0, ""
    for line in read_text(path).splitlines():
        if line.startswith("VmFlags:"):
            for flag in HINT_FLAGS.values():
                if flag in line.split():
                    found[start] = (flag, file)
        else:
            start = int(line.split("-", 1)[0], 16)
            file = line.split(None, 5)[5] if len(line.split(None, 5)) == 6 else "anonymous memory"
    return found


# --- judging --------------------------------------------------------------------

def judge_detection(phase: Phase) -> list[str]:
    """Was each job's pattern seen?"""
    return [f"{job} was taken for {found.pattern}, it is {want}" if found
            else f"{job}: no pattern was seen, it is {want}"
            for job, want in phase.plan.patterns.items()
            if not (found := phase.detected.get(job)) or found.pattern != want]


def judge_hints(phase: Phase, folder: Path, mappings: list[Mapping], file_bytes: int) -> list[str]:
    """Are the hints applied that are called for, and do the mappings bear them?"""
    problems = []
    flags = advised(folder / "smaps.before")
    for mapping in mappings:
        want = phase.plan.hints.get(mapping.job)
        hints = [hint for hint in phase.hints if hint.job == mapping.job]
        borne = [flag for start, (flag, _) in flags.items()
                 if mapping.start <= start < mapping.start + file_bytes]
        if not want:
            continue
        if not hints:
            problems.append(f"{mapping.job}: no hint came, it should have been {want}")
        elif hints[-1].state != "applied" or hints[-1].hint != want:
            problems.append(f"{mapping.job}: the hint {hints[-1].hint} ended as "
                            f"{hints[-1].state} ({hints[-1].reason})")
        elif HINT_FLAGS[want] not in borne:
            problems.append(f"{mapping.job}: the hint {want} is said to be applied, "
                            "and the mapping does not bear it")
    return problems


def judge_restore(phase: Phase, folder: Path) -> list[str]:
    """Is the living process as it was before us, and does the account add up?"""
    problems = []
    said = "".join(read_text(path) for path in sorted(folder.glob("*.postrun.txt")))
    match = re.search(r"^restore by (\w+): exit (\d+)$", said, re.M)
    if not match:
        return [f"the hints were not restored: {said.strip()[-300:] or 'not a word'}"]
    phase.restore = RESTORES[match[1]]
    if match[2] != "0":
        problems.append(f"{phase.restore} failed: {said.strip()[-300:]}")
    for start, (flag, file) in advised(folder / "smaps.after").items():
        problems.append(f"after {phase.restore} the mapping of {file} at {start:x} "
                        f"still has the flag {flag}")
    if match[1] == "unload":
        return problems
    stats = read_json(folder / "stats.json")
    ended = stats["hints-restored"] + stats["hints-yielded"] + stats["hints-gone"]
    if stats["hints-active"] or stats["hints-changed"] != ended:
        problems.append(f"after {phase.restore} the account does not add up: "
                        f"{stats['hints-changed']} changed, {stats['hints-active']} active, "
                        f"{stats['hints-restored']} restored, {stats['hints-yielded']} yielded, "
                        f"{stats['hints-gone']} gone")
    return problems


def read_phase(plan: PhasePlan, out: Path, file_bytes: int) -> Phase:
    folder = out / "tuned" / plan.name
    phase = Phase(plan, plain=read_run(out / "plain" / plan.name), tuned=read_run(folder))
    events = events_of(folder)
    mappings = mappings_of(events, file_bytes, list(plan.patterns))
    phase.detected = detected_in(events, mappings, file_bytes)
    phase.hints = hints_of(events, mappings, file_bytes)
    phase.problems = judge_detection(phase) + judge_hints(phase, folder, mappings, file_bytes)
    phase.problems += judge_restore(phase, folder)
    return phase


def read_kernel(kernel: str, release: str, plans: list[PhasePlan], out: Path,
                file_bytes: int) -> KernelResult:
    phases, problems, module, analyzer_ns = [], [], {}, 0
    for plan in plans:
        phase = read_phase(plan, out, file_bytes)
        status = read_json(out / "tuned" / plan.name / "status.json")
        module = status["info"]
        phase.analyzer_ms = (status["stats"]["analyzer-ns"] - analyzer_ns) \
            / 1e6 / INSTRUCTIONS_PER_NS
        analyzer_ns = status["stats"]["analyzer-ns"]
        phases.append(phase)
    left = read_text(out / "left-behind").split()
    if left:
        problems.append(f"after rmmod there is still {' and '.join(left)}")
    return KernelResult(kernel, release, module, phases, problems)
