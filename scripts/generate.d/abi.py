#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Prints docs/abi.md with its netlink part made anew from the spec.

usage: abi.py SPEC ABI
"""

import sys

import yaml

from marked import filled


def limits(attribute):
    """The range of an attribute, in words."""
    checks = attribute.get("checks", {})
    if "max-len" in checks:
        return f"at most {checks['max-len']} bytes"
    if not checks:
        return ""
    low, high = checks.get("min", 0), checks.get("max", "")
    return f"{low}..{high}"


def netlink(spec):
    """The netlink part, as lines of Markdown."""
    yield f"Family `{spec['name']}`. {' '.join(spec['doc'].split())}"
    yield "\n### Commands\n"
    yield "| command | attributes | what it does |\n|---|---|---|"
    for operation in spec["operations"]["list"]:
        kinds = [kind for kind in ("do", "dump", "event") if kind in operation]
        yield (f"| `{operation['name']}` ({', '.join(kinds)}) "
               f"| {operation['attribute-set']} | {operation['doc']} |")
    yield "\n### Attributes"
    for group in spec["attribute-sets"]:
        yield f"\n#### {group['name']}\n\n{group.get('doc', '')}\n"
        yield "| attribute | type | range | meaning |\n|---|---|---|---|"
        for attribute in group["attributes"]:
            if attribute["type"] != "pad":
                kind = attribute.get("enum", attribute["type"])
                yield (f"| `{attribute['name']}` | {kind} | {limits(attribute)} "
                       f"| {attribute['doc']} |")
    yield "\n### Enumerations"
    for definition in spec["definitions"]:
        if definition["type"] == "enum":
            yield f"\n#### {definition['name']}\n\n{definition['doc']}\n"
            yield "| value | name | meaning |\n|---|---|---|"
            for value, entry in enumerate(definition["entries"]):
                yield f"| {value} | `{entry['name']}` | {entry['doc']} |"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        spec = yaml.safe_load(file)
    print(filled(sys.argv[2], "\n".join(netlink(spec))), end="")


main()
