# SPDX-License-Identifier: GPL-2.0
"""The scoreboard for a person, and for a program."""
from dataclasses import asdict
from functools import cached_property

from benchlib import INSTRUCTIONS_PER_NS, Paint, release_of
from cells import FILE_MIB, HINTS, LIMITS_MIB, ORACLE, PLAIN, Cell, Result
from programs import Workload

LOSS_PCT = 3  # more than this against plain is a loss
GAIN_PCT = 10  # an oracle that wins more than this has something to win

# Of a governor's column, with their widths. times: as fast as plain; gain: of the time
# that the oracle saves; hints: applied and reverted; cpu: of the module's thread.
FIELDS = {"ms": 9, "MiB": 7, "times": 7, "gain": 8, "hints": 7, "cpu": 7}
SEEDS_MARK = "~"
OVERRIDE = "override"  # in the policy of a governor that may

MEMORY_TITLES = {"fits": f"the file of {FILE_MIB} MiB fits memory",
                 **{name: f"file of {FILE_MIB} MiB, memory limit {limit} MiB"
                    for name, limit in LIMITS_MIB.items()}}


def number(value: float) -> str:
    """Three digits at least, none after the point that say nothing."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def ratio_text(ratio: float) -> str:
    """Two digits that count, at least."""
    if ratio >= 10:
        return f"{ratio:.0f}"
    return f"{ratio:.2f}" if ratio < 2 else f"{ratio:.1f}"


# What the project set out to reach: (kernel, device, memory), workload, times as fast
# as plain, times fewer bytes.
REACH = [(("6.1", "nvme", "limit"), *goal) for goal in [
    ("hot-set", 5.5, 50), ("zipf", 2.3, None), ("random-5", 1.4, None),
    ("hot-set-by-8", 20, None), ("phases-sparse", 1.5, None), ("quarter-sparse", 1.3, None)]]
REACH += [(("next", "nvme", "limit"), *goal) for goal in [
    ("phases-sparse", 6, None), ("random-then-seq", 5, None), ("quarter-sparse", 3.5, None)]]
REACH_GAIN_PCT = 90

TIMES_LEGEND = "times: as fast as plain"
GOVERNOR_LEGEND = (f" (! = takes more than {LOSS_PCT} % longer); gain: of the time that the oracle "
                   "saves;\nhints: applied/reverted; cpu: the module's thread")
SEEDS_LEGEND = f"{SEEDS_MARK}: mean of several seeds, for the first one seemed lost"


class Row:
    """All columns of one workload in one place."""

    def __init__(self, place: tuple[str, str, str], workload: Workload) -> None:
        self.place = place
        self.name = workload.name
        self.own_advice = workload.own_advice
        self.results: dict[str, Result] = {}

    @property
    def title(self) -> str:
        """The name, marked where it is of more than one seed."""
        several = any(result.seeds > 1 for result in self.results.values())
        return f"{self.name} {SEEDS_MARK}" if several else self.name

    def ratio(self, column: str) -> float | None:
        """How many times as fast as plain."""
        if PLAIN not in self.results or column not in self.results:
            return None
        return self.results[PLAIN].time_ms / self.results[column].time_ms

    def loss_pct(self, column: str) -> float | None:
        """How much longer than plain, in percent."""
        ratio = self.ratio(column)
        return None if ratio is None else (1 / ratio - 1) * 100

    def share_of_gain(self, column: str) -> float | None:
        """Of the time that the oracle saves, the part that the column saves.

        Not where the program's own advice has to be overridden for that.
        """
        if self.own_advice and OVERRIDE not in column:
            return None
        best = self.ratio(ORACLE)
        if best is None or column not in self.results or best <= 1 + GAIN_PCT / 100:
            return None
        plain = self.results[PLAIN].time_ms
        return (plain - self.results[column].time_ms) / (plain - self.results[ORACLE].time_ms)


class Board:
    """The table, from the cells that have a result; names are the order of workloads."""

    def __init__(self, results: dict[Cell, Result], names: list[str]) -> None:
        self.names = names
        self.rows: dict[tuple, Row] = {}
        for cell, result in results.items():
            place = (cell.kernel, cell.device, cell.memory)
            row = self.rows.setdefault((place, cell.workload.name),
                                       Row(place, cell.workload))
            row.results[cell.column] = result
        self.name_width = 2 + max(map(len, [row.title for row in self.rows.values()]), default=0)
        self.columns = list(dict.fromkeys(cell.column for cell in results))

    @property
    def governors(self) -> list[str]:
        return [column for column in self.columns if column not in (PLAIN, *HINTS, ORACLE)]

    @cached_property
    def losses(self) -> list[tuple[float, Row, str]]:
        """(percent, row, governor), the worst first."""
        found = [(loss, row, governor) for row in self.rows.values()
                 for governor in self.governors
                 if (loss := row.loss_pct(governor)) is not None and loss > LOSS_PCT]
        return sorted(found, key=lambda loss: -loss[0])

    def share_of_gain(self, governor: str) -> tuple[float, int] | None:
        """(mean, cells) over those where the oracle has something to win."""
        shares = [share for row in self.rows.values()
                  if (share := row.share_of_gain(governor)) is not None]
        return (sum(shares) / len(shares), len(shares)) if shares else None

    def reach(self, governor: str) -> list[tuple[str, bool]]:
        """(sentence, met) of each goal that the cells tell something of."""
        found = []
        for place, name, faster, fewer in REACH:
            row = self.rows.get((place, name))
            ratio = row and row.ratio(governor)
            if not ratio:
                continue
            where = f"{' '.join(place)} {name}"
            found.append((f"{where}: {ratio_text(ratio)} times as fast (goal {faster:g})",
                          ratio >= faster))
            if fewer:
                bytes_ratio = row.results[PLAIN].read_mib / row.results[governor].read_mib
                found.append((f"{where}: {ratio_text(bytes_ratio)} times fewer bytes "
                              f"(goal {fewer:g})", bytes_ratio >= fewer))
        share = self.share_of_gain(governor)
        if share:
            mean, count = share
            found.append((f"{mean * 100:.0f} % of the oracle's gain, on average over the {count} "
                          f"cells where it gains more than {GAIN_PCT} % (goal {REACH_GAIN_PCT} %)",
                          mean * 100 >= REACH_GAIN_PCT))
        return found

    @property
    def seeds(self) -> int:
        """The most that a cell is the mean of."""
        return max((result.seeds for row in self.rows.values()
                    for result in row.results.values()), default=1)

    # --- for a person ---

    def text(self, paint: Paint) -> str:
        parts = [self._losses_text(paint)] if self.governors else []
        places = dict.fromkeys(row.place for row in self.rows.values())
        parts += [self._place_text(place, paint) for place in places]
        parts += ["\n".join([paint.bold(f"{governor}:")] + [
            f"  {paint.good('met    ') if met else paint.bad('not met')}  {sentence}"
            for sentence, met in found]) for governor in self.governors
            if (found := self.reach(governor))]
        parts.append(paint.faint(TIMES_LEGEND + (GOVERNOR_LEGEND if self.governors else "")
                                 + (f"\n{SEEDS_LEGEND}" if self.seeds > 1 else "")))
        return "\n\n".join(parts)

    def _losses_text(self, paint: Paint) -> str:
        lines = []
        for governor in self.governors:
            rows = sum(1 for row in self.rows.values() if row.ratio(governor))
            lost = [loss for loss in self.losses if loss[2] == governor]
            text = (f"{governor}: {len(lost)} of {rows} cells take more than {LOSS_PCT} % longer "
                    "than plain")
            lines.append(paint.bad(text) if lost else paint.good(text))
            lines += [paint.bad(f"  {loss:+6.0f} %  {' '.join(row.place)} {row.title}: "
                                f"{number(row.results[PLAIN].time_ms)} -> "
                                f"{number(row.results[governor].time_ms)} ms")
                      for loss, row, _ in lost]
        return "\n".join(lines)

    def _place_text(self, place: tuple[str, str, str], paint: Paint) -> str:
        kernel, device, memory = place
        heads = [" " * self.name_width + "".join(f"{column:>{self._width(column)}}"
                                                 for column in self.columns),
                 " " * self.name_width + "".join(
                     self._field_text(column, {field: field for field in FIELDS})
                     for column in self.columns)]
        lines = [paint.bold(f"Linux {release_of(kernel)}, {device}, {MEMORY_TITLES[memory]}"),
                 *map(paint.faint, heads)]
        lines += [f"{row.title:{self.name_width}}" + "".join(
            self._cell_text(row, column, paint) for column in self.columns)
            for row in self.rows.values() if row.place == place]
        return "\n".join(lines)

    def _fields(self, column: str) -> list[str]:
        """What is shown of a column: governors take the room that others have without them."""
        if column in self.governors:
            return list(FIELDS)
        if column == PLAIN:
            return ["ms", "MiB"]
        return ["times"] if self.governors else ["ms", "MiB", "times"]

    def _width(self, column: str) -> int:
        return max(len(column) + 2, sum(FIELDS[field] for field in self._fields(column)))

    def _field_text(self, column: str, values: dict[str, str]) -> str:
        text = "".join(f"{values.get(field, ''):>{FIELDS[field]}}"
                       for field in self._fields(column))
        return f"{text:>{self._width(column)}}"

    def _cell_text(self, row: Row, column: str, paint: Paint) -> str:
        text = self._field_text(column,
                                self._values(row, column) if column in row.results else {})
        loss = row.loss_pct(column)
        if column == PLAIN or loss is None or abs(loss) <= LOSS_PCT:
            return text
        return paint.bad(text) if loss > 0 else paint.good(text)

    def _values(self, row: Row, column: str) -> dict[str, str]:
        result, ratio = row.results[column], row.ratio(column)
        values = {"ms": number(result.time_ms), "MiB": number(result.read_mib)}
        if ratio is not None:
            lost = column in self.governors and row.loss_pct(column) > LOSS_PCT
            values["times"] = ratio_text(ratio) + ("!" if lost else " ")
        share = row.share_of_gain(column)
        if share is not None:
            values["gain"] = f"{share * 100:.0f} %"
        if result.analyzer_ms is not None:
            values["hints"] = result.hints
            values["cpu"] = f"{result.analyzer_ms / result.time_ms * 100:.1f} %"
        return values

    # --- for a program ---

    def document(self) -> dict:
        return {
            "file_mib": FILE_MIB, "limits_mib": LIMITS_MIB,
            "instructions_per_ns": INSTRUCTIONS_PER_NS, "loss_pct": LOSS_PCT,
            "losses": [{"kernel": row.place[0], "device": row.place[1], "memory": row.place[2],
                        "pattern": row.name, "governor": governor, "loss_pct": loss}
                       for loss, row, governor in self.losses],
            "reach": [{"governor": governor, "what": what, "met": met}
                      for governor in self.governors for what, met in self.reach(governor)],
            "share_of_gain": {governor: found[0] for governor in self.governors
                              if (found := self.share_of_gain(governor))},
            "cells": [{"kernel": row.place[0], "device": row.place[1], "memory": row.place[2],
                       "pattern": row.name, "governor": column, **asdict(result),
                       "ratio": row.ratio(column), "loss_pct": row.loss_pct(column),
                       "share_of_gain": row.share_of_gain(column)}
                      for row in self.rows.values() for column, result in row.results.items()],
        }
