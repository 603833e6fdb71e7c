#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Prints a man page with the part that follows from the spec made anew.

usage: man.py SPEC PAGE   (docs/man/smart-madvise-policy.5.scd or smart-madvise.7.scd)
"""

import sys

import yaml

from marked import filled


def named(group, name):
    return next(entry for entry in group if entry["name"] == name)


def policy_keys(spec):
    """Each key of the policy with what it may be."""
    for key in named(spec["attribute-sets"], "policy")["attributes"]:
        yield f"*{key['name']}*\n\t{key['doc']}\n"
        if "enum" in key:
            for entry in named(spec["definitions"], key["enum"])["entries"]:
                yield f"\t\"{entry['name']}\": {entry['doc']}\n"


def commands(spec):
    """Each netlink command with its kinds."""
    for operation in spec["operations"]["list"]:
        kinds = [kind for kind in ("do", "dump", "event") if kind in operation]
        yield f"*{operation['name']}* ({', '.join(kinds)})\n\t{operation['doc']}\n"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        spec = yaml.safe_load(file)
    part = policy_keys if "policy" in sys.argv[2] else commands
    print(filled(sys.argv[2], "\n".join(part(spec))), end="")


main()
