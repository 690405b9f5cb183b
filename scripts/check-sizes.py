#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Functions of more than 60 lines, files of more than 600, and names that two files of core/ have.

    check-sizes.py [FOLDER..]      core, plugins and tests of this tree without any

Lines of a function count from its signature to its closing brace. Relies on the layout of clang-format: the braces of a
function are alone in the first column. Exit status 1 when there is something to say.
"""
import sys
from collections import defaultdict
from pathlib import Path

MAX_FUNCTION = 60
MAX_FILE = 600


def functions(lines):
    """Name, first line (from 1) and number of lines of every function."""
    start = None
    for i, line in enumerate(lines):
        if line == "{":
            start = i
            while start and lines[start - 1] and lines[start - 1][-1] not in ";}/" and lines[start - 1][0] != "#":
                start -= 1
        elif line.startswith("}") and start is not None:
            signature = " ".join(lines[start:i]).split("(")[0].split()
            yield signature[-1].lstrip("*"), start + 1, i - start + 1
            start = None


def check(path):
    lines = path.read_text().splitlines()
    bad = []
    if len(lines) > MAX_FILE:
        bad.append(f"{path}: {len(lines)} lines; look for the seam: a file has one job and at most {MAX_FILE} lines")
    for name, at, n in functions(lines):
        if n > MAX_FUNCTION:
            bad.append(f"{path}:{at}: {name}() has {n} lines; a function fits a screen, at most {MAX_FUNCTION}")
    return bad


def main(folders):
    root = Path(__file__).resolve().parent.parent
    sources = [p for f in folders or [root / "core", root / "plugins", root / "tests"]
               for p in sorted(Path(f).rglob("*.[ch]"))]
    bad = [line for path in sources for line in check(path)]
    names = defaultdict(list)
    for path in (root / "core").rglob("*.[ch]"):
        names[path.name].append(str(path.relative_to(root)))
    for name, paths in sorted(names.items()):
        if len(paths) > 1:
            bad.append(f"{name}: the name of {' and of '.join(sorted(paths))}; rename one, so that a name says which")
    print("\n".join(bad), end="\n" if bad else "", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
