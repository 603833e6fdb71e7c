# SPDX-License-Identifier: GPL-2.0
"""The scoreboard for a person, and for a program."""
from dataclasses import asdict
from functools import cached_property

from benchlib import INSTRUCTIONS_PER_NS, Paint, release_of
from cells import FILE_MIB, HINTS, LIMIT_MIB, ORACLE, PLAIN, Cell, Result

LOSS_PCT = 3  # more than this against plain is a loss
GAIN_PCT = 10  # an oracle that wins more than this has something to win

NAME_WIDTH = 18
MEMORY_TITLES = {"fits": f"the file of {FILE_MIB} MiB fits memory",
                 "limit": f"file of {FILE_MIB} MiB, memory limit {LIMIT_MIB} MiB"}


def number(value: float) -> str:
    """Three digits at least, none after the point that say nothing."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


class Row:
    """All columns of one workload in one place."""

    def __init__(self, place: tuple[str, str, str], name: str) -> None:
        self.place = place
        self.name = name
        self.results: dict[str, Result] = {}

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
        """Of the time that the oracle saves, the part that the column saves."""
        best = self.ratio(ORACLE)
        if best is None or column not in self.results or best <= 1 + GAIN_PCT / 100:
            return None
        plain = self.results[PLAIN].time_ms
        return (plain - self.results[column].time_ms) / (plain - self.results[ORACLE].time_ms)


class Board:
    """The table, from the cells that have a result."""

    def __init__(self, results: dict[Cell, Result]) -> None:
        self.rows: dict[tuple, Row] = {}
        for cell, result in results.items():
            place = (cell.kernel, cell.device, cell.memory)
            row = self.rows.setdefault((place, cell.workload.name),
                                       Row(place, cell.workload.name))
            row.results[cell.column] = result
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

    # --- for a person ---

    def text(self, paint: Paint) -> str:
        parts = [self._losses_text(paint)] if self.governors else []
        places = dict.fromkeys(row.place for row in self.rows.values())
        parts += [self._place_text(place, paint) for place in places]
        parts += [f"{governor}: {mean * 100:.0f} % of the oracle's gain on average over the "
                  f"{count} cells where it gains more than {GAIN_PCT} %"
                  for governor in self.governors if (found := self.share_of_gain(governor))
                  for mean, count in [found]]
        return "\n\n".join(parts)

    def _losses_text(self, paint: Paint) -> str:
        rows = sum(1 for row in self.rows.values() if PLAIN in row.results)
        lines = []
        for governor in self.governors:
            lost = [loss for loss in self.losses if loss[2] == governor]
            text = (f"{governor}: {len(lost)} of {rows} cells take more than {LOSS_PCT} % longer "
                    "than plain")
            lines.append(paint.bad(text) if lost else paint.good(text))
            lines += [paint.bad(f"  {loss:+6.0f} %  {' '.join(row.place)} {row.name}: "
                                f"{number(row.results[PLAIN].time_ms)} -> "
                                f"{number(row.results[governor].time_ms)} ms")
                      for loss, row, _ in lost]
        return "\n".join(lines)

    def _place_text(self, place: tuple[str, str, str], paint: Paint) -> str:
        kernel, device, memory = place
        head = f"{'time in ms, MiB read':{NAME_WIDTH}}" + "".join(
            f"{column:>{self._width(column)}}" for column in self.columns)
        lines = [paint.bold(f"Linux {release_of(kernel)}, {device}, {MEMORY_TITLES[memory]}"),
                 paint.faint(head)]
        lines += [f"{row.name:{NAME_WIDTH}}"
                  + "".join(self._field(row, column, paint) for column in self.columns)
                  for row in self.rows.values() if row.place == place]
        return "\n".join(lines)

    def _width(self, column: str) -> int:
        if column in self.governors:
            return 44
        return 23 if column != PLAIN else 16

    def _field(self, row: Row, column: str, paint: Paint) -> str:
        """Time, MiB read; how many times as fast; of governors what they did."""
        width, result = self._width(column), row.results.get(column)
        if result is None:
            return f"{'-':>{width}}"
        text = f"{number(result.time_ms):>9}{number(result.read_mib):>7}"
        ratio, loss = row.ratio(column), row.loss_pct(column)
        if column != PLAIN:
            text += f"{ratio:6.2f}x" if ratio is not None else f"{'':7}"
        if column in self.governors:
            share = row.share_of_gain(column)
            text += f"{share * 100:6.0f} %" if share is not None else f"{'':8}"
            text += f"{result.hints_applied:5}/{result.hints_reverted}".ljust(10)
            text += "LOSS" if loss is not None and loss > LOSS_PCT else ""
            text = text.ljust(width)
        text = f"{text:>{width}}"
        if column == PLAIN or loss is None:
            return text
        if loss > LOSS_PCT:
            return paint.bad(text)
        return paint.good(text) if loss < -LOSS_PCT else text

    # --- for a program ---

    def document(self) -> dict:
        return {
            "file_mib": FILE_MIB, "limit_mib": LIMIT_MIB,
            "instructions_per_ns": INSTRUCTIONS_PER_NS, "loss_pct": LOSS_PCT,
            "losses": [{"kernel": row.place[0], "device": row.place[1], "memory": row.place[2],
                        "pattern": row.name, "governor": governor, "loss_pct": loss}
                       for loss, row, governor in self.losses],
            "share_of_gain": {governor: found[0] for governor in self.governors
                              if (found := self.share_of_gain(governor))},
            "cells": [{"kernel": row.place[0], "device": row.place[1], "memory": row.place[2],
                       "pattern": row.name, "governor": column, **asdict(result),
                       "ratio": row.ratio(column), "loss_pct": row.loss_pct(column),
                       "share_of_gain": row.share_of_gain(column)}
                      for row in self.rows.values() for column, result in row.results.items()],
        }
