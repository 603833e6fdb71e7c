# SPDX-License-Identifier: GPL-2.0
"""The part of a page that is made from the spec, between two marks in its source."""

BEGIN = "begin: written by scripts/generate"


def filled(path, text):
    """The page @path with @text between its marks, in the place of what was there."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    begin = next(n for n, line in enumerate(lines) if BEGIN in line)
    mark = lines[begin].split(BEGIN)
    end = lines.index(f"{mark[0]}end{mark[1]}", begin)
    return "\n".join([*lines[:begin + 1], "", text.strip(), "", *lines[end:], ""])
