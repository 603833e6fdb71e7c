# SPDX-License-Identifier: GPL-2.0
"""Carries runs out: guests beside each other, many runs in each."""
import json
import queue
import resource
import threading
import time
from pathlib import Path

import benchlib
from benchlib import INSTRUCTIONS_PER_NS, BenchError, Guest, Progress
from cells import FILE_MIB, LIMITS_MIB, Run, Store, result_of
from programs import HERE, PROGRAMS

# On this machine's clock, when others use it as well.
RUN_LIMIT_S = 300
BATCH = 24  # a boot costs as much as one run


def batches(runs: list[Run], workers: int) -> list[list[Run]]:
    """Runs that share a guest; small enough that all workers have something to do."""
    size = max(1, min(BATCH, -(-len(runs) // workers)))
    places: dict[tuple[str, str, str], list[Run]] = {}
    for run in runs:
        places.setdefault(run.place, []).append(run)
    return [found[at:at + size] for found in places.values()
            for at in range(0, len(found), size)]


class Campaign:
    """All runs of one call, with what became of them."""

    def __init__(self, runs: list[Run], store: Store, folder: Path, jobs: int) -> None:
        self.store = store
        self.programs = {name: PROGRAMS[name].build(folder) for name in
                         dict.fromkeys(run.workload.program for run in runs)}
        self.folder = folder
        self.progress = Progress("scoreboard")
        self.total = len(runs)
        self.done = 0
        self.weight = sum(run.weight for run in runs)
        self.weight_done = 0
        self.failures: list[str] = []
        self.workers = max(1, min(jobs, self.total))
        self.queue: queue.SimpleQueue[list[Run]] = queue.SimpleQueue()
        for batch in batches(runs, self.workers):
            self.queue.put(batch)
        self.guests: list[Guest] = []
        self.stopped = False
        self.lock = threading.Lock()
        self.start = time.monotonic()

    def run(self) -> None:
        threads = [threading.Thread(target=self._work) for _ in range(self.workers)]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except BaseException:
            self.stopped = True
            for guest in self.guests:
                guest.stop()
            raise
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = time.monotonic() - self.start
        self.progress.say(f"{self.total} run(s) in {benchlib.duration(seconds)}, with "
                          f"{benchlib.duration(used.ru_utime + used.ru_stime)} of processor time")

    def _work(self) -> None:
        while not self.stopped:
            try:
                self._run_batch(self.queue.get_nowait())
            except queue.Empty:
                return

    def _run_batch(self, batch: list[Run]) -> None:
        waiting = dict(enumerate(batch))
        guest = self._guest(batch, waiting)
        self.guests.append(guest)
        if self.stopped:
            return
        problem = "the guest ended without it"
        try:
            guest.run()
        except BenchError as error:
            problem = str(error)
            if not waiting and not self.stopped:  # a kernel that complains at last
                self.failures.append(f"{' '.join(map(str, batch[0].place))}: {problem}")
        if waiting and not self.stopped:
            # With its first run the guest died; the others may live.
            victim = next(iter(waiting))
            self._fail(waiting.pop(victim), problem)
            if waiting:
                self.queue.put(list(waiting.values()))

    def _guest(self, batch: list[Run], waiting: dict[int, Run]) -> Guest:
        kernel, device, name, limit_mib = batch[0].place
        program = PROGRAMS[name]
        cells = self.folder / f"cells.{id(batch)}"
        cells.write_text("".join(
            "\t".join([str(number), "limit" if run.memory in LIMITS_MIB else run.memory,
                       run.governor, run.advice, run.workload.line]) + "\n"
            for number, run in enumerate(batch)), encoding="utf-8")

        def on_line(line: str) -> None:
            match line.split(None, 2):
                case ["result", number, text] if int(number) in waiting:
                    self._keep(waiting.pop(int(number)), text)
                case ["failed", number, *why] if int(number) in waiting:
                    self._fail(waiting.pop(int(number)), " ".join(why) or "without a word")

        copies = [f"{cells}:/root/cells", f"{HERE}/guest:/root/guest",
                  f"{HERE}/programs/{name}:/root/program", *self.programs[name]]
        return Guest(kernel, on_line=on_line, options=[
            "--disk", f"{device},time_scale={INSTRUCTIONS_PER_NS}",
            "--disk-size", str(program.disk_mib), "--memory", str(program.memory_mib),
            "--timeout", str(program.lay_limit_s + RUN_LIMIT_S * sum(run.weight for run in batch)),
            *(word for copy in copies for word in ("--copy", str(copy)))],
            command=["/root/guest", *map(str, [FILE_MIB, limit_mib, INSTRUCTIONS_PER_NS])])

    def _keep(self, run: Run, text: str) -> None:
        try:
            result = result_of(json.loads(text))
        except (ValueError, KeyError, TypeError) as error:
            self._fail(run, f"its result has not the expected form ({error!r})")
            return
        self.store.keep(run, result)
        self._count(run, f"{run.title}: {result.time_ms:.0f} ms, {result.read_mib:.0f} MiB read")

    def _fail(self, run: Run, why: str) -> None:
        self.failures.append(f"{run.title}: {why}")
        self._count(run, f"{run.title}: FAILED: {why.splitlines()[0]}")

    def _count(self, run: Run, text: str) -> None:
        with self.lock:
            self.done += 1
            self.weight_done += run.weight
            seconds = (time.monotonic() - self.start) / self.weight_done \
                * (self.weight - self.weight_done)
        self.progress.say(f"{text} ({self.done} of {self.total}, about "
                          f"{benchlib.duration(seconds)} left)")
