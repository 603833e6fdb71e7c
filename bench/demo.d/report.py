# SPDX-License-Identifier: GPL-2.0
"""The demo's results for a person, and for a program."""
from dataclasses import asdict

from benchlib import Paint
from results import Detection, Hint, KernelResult, Phase, Run

# What the project set out to reach; shown beside what is.
REACH_FASTER = 4
REACH_FEWER_BYTES = 30
REACH_SCAN_LOSS_PCT = 3


def ratio(value: float) -> str:
    return f"{value:.2f}x" if value < 10 else f"{value:.0f}x"


def detection_line(job: str, found: Detection, width: int) -> str:
    return (f"{job:{width}}  detected {found.pattern} at {found.at_ms:.1f} ms, "
            f"fault {found.at_fault} (in {found.looks_pct:.0f} % of all looks)")


def hint_line(hint: Hint, width: int) -> str:
    what = f"{hint.hint.upper()} on" if hint.hint != "none" else "hint taken back from"
    state = "" if hint.state == "applied" else f" ({hint.state})"
    return (f"{hint.job:{width}}  {hint.pattern} ({hint.confidence_pct} %): {what} "
            f"{hint.start_mib:g}-{hint.end_mib:g} MiB{state} at {hint.at_ms:.1f} ms, "
            f"fault {hint.at_fault}: {hint.reason}")


def run_line(name: str, run: Run) -> str:
    return (f"{name:15}{run.time_ms:9.0f} ms{run.disk_mib:9.0f} MiB"
            f"{run.majors:10}{run.minors:10}")


def phase_lines(phase: Phase, paint: Paint) -> list[str]:
    width = max(len(job) for job in phase.plan.patterns)
    lines = [paint.bold(phase.plan.title)]
    lines += [f"  {detection_line(job, found, width)}" for job, found in phase.detected.items()]
    lines += [f"  {hint_line(hint, width)}" for hint in phase.hints] or ["  no hint"]
    lines += [paint.faint(f"  {'':15}{'time':>12}{'from disk':>13}{'majors':>10}{'minors':>10}"),
              f"  {run_line('plain', phase.plain)}", f"  {run_line('benefit', phase.tuned)}"]
    if len(phase.tuned.jobs) > 1:
        for plain, tuned in zip(phase.plain.jobs, phase.tuned.jobs):
            lines.append(f"    {tuned.name}: {plain.time_ms:.0f} -> {tuned.time_ms:.0f} ms")
    gain = f"  {'plain/benefit':15}{ratio(phase.faster):>12}{ratio(phase.fewer_bytes):>13}"
    lines.append(paint.good(gain) if phase.faster >= 1 else paint.bad(gain))
    if phase.problems:
        lines += [paint.bad(f"  {problem}") for problem in phase.problems]
    else:
        lines.append(paint.faint(f"  restored by `{phase.restore}`, no advice left in the living "
                                 f"process; the module's thread took {phase.analyzer_ms:.1f} ms"))
    return lines


def kernel_text(result: KernelResult, paint: Paint) -> str:
    module = result.module
    lines = [paint.bold(f"Linux {result.release}")
             + f"  smart_madvise {module['version']}, hook {module['hook']}, "
               f"executor {module['executor']}"]
    for phase in result.phases:
        lines += ["", *(f"  {line}" for line in phase_lines(phase, paint))]
    lines += [f"  {paint.bad(problem)}" for problem in result.problems]
    return "\n".join(lines)


def reach(results: list[KernelResult]) -> list[tuple[str, bool]]:
    """(sentence, met) of each goal."""
    found = []
    for result in results:
        for phase in result.phases:
            if phase.plan.name == "hot-set" and result.kernel == "6.1":
                found.append((f"hot set on {result.kernel}: {ratio(phase.faster)} faster "
                              f"(goal {REACH_FASTER}x)", phase.faster >= REACH_FASTER))
                found.append((f"hot set on {result.kernel}: {ratio(phase.fewer_bytes)} fewer bytes"
                              f" (goal {REACH_FEWER_BYTES}x)",
                              phase.fewer_bytes >= REACH_FEWER_BYTES))
            if phase.plan.name == "scan":
                change = (phase.tuned.time_ms / phase.plain.time_ms - 1) * 100
                found.append((f"scan on {result.kernel}: {change:+.1f} % time "
                              f"(goal at most +{REACH_SCAN_LOSS_PCT} %)",
                              change <= REACH_SCAN_LOSS_PCT))
    return found


def summary_text(results: list[KernelResult], paint: Paint) -> str:
    columns = "".join(f"{'Linux ' + result.kernel:>24}" for result in results)
    lines = [paint.bold(f"{'plain/benefit':24}{columns}"),
             paint.faint(f"{'':24}" + f"{'time':>14}{'bytes':>10}" * len(results))]
    for number, phase in enumerate(results[0].phases):
        cells = "".join(f"{ratio(result.phases[number].faster):>14}"
                        f"{ratio(result.phases[number].fewer_bytes):>10}" for result in results)
        lines.append(f"{phase.plan.short:24}{cells}")
    lines.append("")
    for sentence, met in reach(results):
        lines.append(f"{paint.good('met    ') if met else paint.bad('not met')}  {sentence}")
    return "\n".join(lines)


def run_object(run: Run) -> dict[str, object]:
    return {"time_ms": run.time_ms, "disk_mib": run.disk_mib, "disk_requests": run.disk_requests,
            "major_faults": run.majors, "minor_faults": run.minors,
            "jobs": [asdict(job) for job in run.jobs]}


def kernel_object(result: KernelResult) -> dict[str, object]:
    return {
        "kernel": result.kernel, "release": result.release, "module": result.module,
        "problems": result.all_problems(),
        "phases": [{
            "name": phase.plan.name, "title": phase.plan.title,
            "plain": run_object(phase.plain), "benefit": run_object(phase.tuned),
            "faster": phase.faster, "fewer_bytes": phase.fewer_bytes,
            "analyzer_ms": phase.analyzer_ms,
            "detected": {job: asdict(found) for job, found in phase.detected.items()},
            "hints": [asdict(hint) for hint in phase.hints],
            "restored_by": phase.restore, "problems": phase.problems,
        } for phase in result.phases],
    }
