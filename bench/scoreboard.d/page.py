# SPDX-License-Identifier: GPL-2.0
"""The scoreboard as a page of Markdown, for the documentation."""
from benchlib import release_of
from cells import PLAIN
from report import LOSS_PCT, MEMORY_TITLES, SEEDS_MARK, Board, Row, number, ratio_text

INTRODUCTION = """\
# Scoreboard

Measured in virtual time, by

    {command}

which wrote this page. [Workloads](workloads.md) says what the rows and columns are, and
how to measure others. Times are in ms, MiB are those read from the device; times: as fast
as plain, bold where more than {loss} % are lost; hints: applied/reverted.
"""

SEEDS = f"""
Rows with {SEEDS_MARK} seemed lost with the first seed of their random numbers: they are the means
of several seeds, the first among them.
"""


def table(heads: list[str], rows: list[list[str]]) -> str:
    """The first column is text, the others are numbers."""
    rule = ["---"] + ["---:"] * (len(heads) - 1)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [heads, rule, *rows])


def losses(board: Board, governor: str) -> str:
    lost = [loss for loss in board.losses if loss[2] == governor]
    count = sum(1 for row in board.rows.values() if row.ratio(governor))
    title = (f"## {governor}: {len(lost)} of {count} cells take more than {LOSS_PCT} % "
             "longer than plain")
    if not lost:
        return title
    return title + "\n\n" + table(
        ["cell", "loss", "plain ms", f"{governor} ms", "hints"],
        [[f"{' '.join(row.place)} {row.title}", f"{loss:.0f} %",
          number(row.results[PLAIN].time_ms), number(row.results[governor].time_ms),
          row.results[governor].hints]
         for loss, row, _ in lost])


def goals(board: Board, governor: str) -> str:
    return "\n".join(f"- {'met' if met else '**not met**'}: {sentence}"
                     for sentence, met in board.reach(governor))


def fields(row: Row, column: str) -> list[str]:
    result, ratio = row.results.get(column), row.ratio(column)
    if result is None:
        return [""] * (2 if column == PLAIN else 4)
    found = [number(result.time_ms), number(result.read_mib)]
    if column == PLAIN:
        return found
    text = "" if ratio is None else ratio_text(ratio)
    if ratio is not None and row.loss_pct(column) > LOSS_PCT:
        text = f"**{text}**"
    return [*found, text, result.hints]


def is_told(board: Board, row: Row) -> bool:
    """Something is to be compared."""
    return PLAIN in row.results and len(row.results) > 1 and (
        not board.governors or any(governor in row.results for governor in board.governors))


def place(board: Board, where: tuple[str, str, str]) -> str:
    kernel, device, memory = where
    heads = ["workload"]
    for column in board.columns:
        heads += [f"{column} ms", "MiB"] + ([] if column == PLAIN else ["times", "hints"])
    rows = [row for row in board.rows.values() if row.place == where and is_told(board, row)]
    return (f"## Linux {release_of(kernel)}, {device}, {MEMORY_TITLES[memory]}\n\n" + table(
        heads, [[row.title] + [field for column in board.columns for field in fields(row, column)]
                for row in rows]))


def page(board: Board, command: str) -> str:
    """Losses first, then what was to be reached, then all cells."""
    parts = [INTRODUCTION.format(command=command, loss=LOSS_PCT).rstrip()]
    if board.seeds > 1:
        parts.append(SEEDS.strip())
    parts += [losses(board, governor) for governor in board.governors]
    parts += [found for governor in board.governors if (found := goals(board, governor))]
    parts += [place(board, where) for where in dict.fromkeys(
        row.place for row in board.rows.values() if is_told(board, row))]
    return "\n\n".join(parts) + "\n"
