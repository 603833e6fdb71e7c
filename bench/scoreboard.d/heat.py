# SPDX-License-Identifier: GPL-2.0
"""The scoreboard as a picture: how many times as fast as plain, by colour."""
import math
import subprocess
from pathlib import Path

from benchlib import BenchError, release_of
from cells import PLAIN
from report import Board, Row, ratio_text

CELL_WIDTH, CELL_HEIGHT = 40, 17
LEAST_BLOCK_WIDTH = 84  # for the column's name
LEFT, RIGHT, TOP, BOTTOM = 150, 90, 70, 80
MOST_LOG2 = 3  # beyond eight times the colour does not change
DARK_LOG2 = 2
BLACK, WHITE = 0, 0xffffff

# Red for losses, white for no difference, blue for gains: told apart by everybody.
PALETTE = ('set palette defined (-3 "#b2182b", -1 "#ef8a62", -0.05 "#fddbc7", 0 "#ffffff", '
           '0.05 "#d1e5f0", 1 "#67a9cf", 3 "#2166ac")')


class Panel:
    """One kernel: a row for each workload, for each column of the board a block of places."""

    def __init__(self, board: Board, kernel: str) -> None:
        self.kernel = kernel
        self.rows = [row for row in board.rows.values() if row.place[0] == kernel]
        present = {row.name for row in self.rows}
        self.names = [name for name in board.names if name in present]
        self.places = list(dict.fromkeys(row.place for row in self.rows))
        self.columns = [column for column in board.columns if column != PLAIN]

    @property
    def width(self) -> int:
        return len(self.columns) * max(len(self.places) * CELL_WIDTH, LEAST_BLOCK_WIDTH)

    @property
    def height(self) -> int:
        return len(self.names) * CELL_HEIGHT

    def x(self, row: Row, column: str) -> int:
        return self.columns.index(column) * len(self.places) + self.places.index(row.place)

    def points(self) -> list[str]:
        """x, y, colour, text, colour of the text of each cell."""
        found = []
        for row in self.rows:
            for column in self.columns:
                ratio = row.ratio(column)
                if ratio is None:
                    continue
                colour = max(-MOST_LOG2, min(MOST_LOG2, math.log2(ratio)))
                text_colour = WHITE if abs(colour) > DARK_LOG2 else BLACK
                found.append(f'{self.x(row, column)} {self.names.index(row.name)} {colour:.3f} '
                             f'"{ratio_text(ratio)}" {text_colour}')
        return found

    def script(self, number: int, bottom: int, picture: tuple[int, int]) -> list[str]:
        """The panel with its lower edge so many pixels above that of the picture."""
        width, height = picture
        block = len(self.places)
        count = block * len(self.columns)
        places = ", ".join(f'"{device} {memory}" {at}' for at, (_, device, memory) in enumerate(
            self.places * len(self.columns)))
        names = ", ".join(f'"{name}" {at}' for at, name in enumerate(self.names))
        lines = [f"$cells{number} << END", *self.points(), "END", "unset label", "unset arrow",
                 f"set lmargin at screen {LEFT / width}",
                 f"set rmargin at screen {(LEFT + self.width) / width}",
                 f"set bmargin at screen {bottom / height}",
                 f"set tmargin at screen {(bottom + self.height) / height}",
                 "unset colorbox" if number else
                 f"set colorbox user origin {(width - RIGHT + 20) / width}, {bottom / height} "
                 f"size {20 / width}, {self.height / height}",
                 f"set xrange [-0.5:{count - 0.5}]", f"set yrange [{len(self.names) - 0.5}:-0.5]",
                 f"set xtics rotate by 90 right scale 0 ({places})",
                 f"set ytics scale 0 ({names})",
                 f'set label "Linux {release_of(self.kernel)}: times as fast as plain" '
                 f'at screen {LEFT / width}, {(bottom + self.height + 42) / height} font ",13"']
        for at, column in enumerate(self.columns):
            lines.append(f'set label "{column}" at first {at * block + block / 2 - 0.5}, '
                         f'graph 1 center offset 0, 0.8 font ",12"')
            if at:
                lines.append(f"set arrow from first {at * block - 0.5}, graph 0 to "
                             f"first {at * block - 0.5}, graph 1 nohead front lw 2")
        lines.append(f"plot $cells{number} using 1:2:(0.5):(0.5):3 with boxxyerror fillstyle solid "
                     "noborder linecolor palette notitle, "
                     f'$cells{number} using 1:2:4:5 with labels font ",8" textcolor rgb variable '
                     "notitle")
        return lines


def script(board: Board, terminal: str, path: Path) -> str:
    kernels = dict.fromkeys(row.place[0] for row in board.rows.values())
    panels = [panel for kernel in kernels if (panel := Panel(board, kernel)).points()]
    width = LEFT + RIGHT + max(panel.width for panel in panels)
    height = sum(TOP + panel.height + BOTTOM for panel in panels)
    lines = [f'set terminal {terminal} size {width},{height} font "sans,10" '
             'background rgb "white"',
             f'set output "{path}"', PALETTE, f"set cbrange [-{MOST_LOG2}:{MOST_LOG2}]",
             'set cbtics ("1/8" -3, "1/4" -2, "1/2" -1, "1" 0, "2" 1, "4" 2, "8" 3)',
             "set multiplot"]
    bottom = height
    for number, panel in enumerate(panels):
        bottom -= TOP + panel.height
        lines += panel.script(number, bottom, (width, height))
        bottom -= BOTTOM
    return "\n".join([*lines, "unset multiplot"]) + "\n"


def draw(board: Board, folder: Path) -> list[Path]:
    """The pictures that were made; none when there is nothing to compare."""
    if not any(row.ratio(column) for row in board.rows.values()
               for column in row.results if column != PLAIN):
        return []
    made = []
    for terminal, name in [("svg", "heat.svg"), ("pngcairo", "heat.png")]:
        made.append(folder / name)
        try:
            found = subprocess.run(["gnuplot"], input=script(board, terminal, made[-1]), text=True,
                                   capture_output=True, check=False)
        except FileNotFoundError as error:
            raise BenchError("gnuplot is missing: run scripts/setup") from error
        if found.returncode:
            raise BenchError(f"gnuplot failed: {found.stderr.strip()[-300:]}")
    return made
