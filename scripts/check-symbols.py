#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare what the SDK declares, what core/libquotient.symbols lists, and what is exported.

    check-symbols.py headers LIST INCLUDE_DIR COMPILER..   the list is what the headers declare
    check-symbols.py update  LIST INCLUDE_DIR COMPILER..   write the list anew
    check-symbols.py library LIST LIBRARY SONAME           the library exports exactly the list
    check-symbols.py host    LIST PROGRAM..                the programs give exactly the list to plugins
    check-symbols.py plugins LIST PLUGIN..                 plugins export their entry and use only the list

Exit status 1, with the remedy, when something differs. NM names another nm.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

ENTRY = "quo_plugin_entry"
COMMENT = """\
# What libquotient.so exports, and what the tools give to plugins: the functions and data that the
# headers of the SDK declare. Written by `scripts/check-symbols.py update`; `meson test --suite style`
# compares it with the headers and with the library. A name that goes away needs a new QUO_ABI_MAJOR.
"""
# Not of the project: what sanitizers add to an object.
SANITIZER = re.compile(r"__(odr_)?(asan|ubsan|tsan|sanitizer)")


def read_list(path):
    lines = (line.strip() for line in Path(path).read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def preprocessed(include, compiler):
    """The text of the SDK's headers alone, macros expanded, debug declarations in."""
    include = Path(include).resolve()
    source = "".join(f"#include <quotient/{h.name}>\n" for h in sorted((include / "quotient").glob("*.h")))
    run = subprocess.run([*compiler, "-E", "-x", "c", "-std=c11", "-UNDEBUG", f"-I{include}", "-"], input=source,
                         text=True, stdout=subprocess.PIPE, check=True)
    ours, kept = False, []
    for line in run.stdout.splitlines():
        marker = re.match(r'#\s*(?:line\s+)?\d+\s+"([^"]*)"', line)
        if marker:
            ours = Path(marker[1]).parent == include / "quotient"
        elif ours and not line.startswith("#"):
            kept.append(line)
    return "\n".join(kept)


def without_braces(text):
    """Bodies and member lists out; what ends in a body ends its declaration."""
    out, depth = [], 0
    for c in text:
        if c == "{":
            depth += 1
        elif c == "}":
            depth -= 1
            if not depth:
                out.append(" {} ")
        elif not depth:
            out.append(c)
    return "".join(out)


def declared(include, compiler):
    text = re.sub(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)", "", preprocessed(include, compiler))
    names = set()
    # A function's body ends a declaration without a semicolon.
    for part in re.sub(r"\)\s*\{\}", ") {};", without_braces(text)).split(";"):
        part = " ".join(part.split())
        if not part or re.match(r"(typedef|static|_Static_assert)\b", part):
            continue
        function = re.search(r"(\w+) ?\(", part)
        data = re.match(r"extern .*?(\w+) ?(\[.*\])?$", part)
        if function and "{}" not in part:
            names.add(function[1])
        elif data:
            names.add(data[1])
        elif not re.fullmatch(r"(struct|union|enum)( \w+)?( \{\})?", part):
            sys.exit(f"check-symbols: does not understand this declaration of the SDK: {part}")
    return names


def symbols(path, which):
    run = subprocess.run([os.environ.get("NM", "nm"), "-D", which, path], text=True, stdout=subprocess.PIPE, check=True)
    names = (line.split()[-1].split("@")[0] for line in run.stdout.splitlines() if line.strip())
    return {n for n in names if not SANITIZER.match(n)}


def differ(found, wanted, unexpected, missing):
    """Print each name on the one side only; whether there was any."""
    for name in sorted(found - wanted):
        print(f"{name}: {unexpected}", file=sys.stderr)
    for name in sorted(wanted - found):
        print(f"{name}: {missing}", file=sys.stderr)
    return found != wanted


def check_headers(path, include, *compiler):
    listed = read_list(path)
    bad = differ(declared(include, compiler), set(listed), "declared by a header of the SDK, not listed",
                 "listed, but no header of the SDK declares it")
    if listed != sorted(set(listed)):
        print(f"{path}: not sorted, or a name stands there twice", file=sys.stderr)
        bad = True
    if bad:
        print("Is the change of the SDK meant? Then run `ninja -C build update-symbols` and commit the list; a name that\n"
              "goes away or changes its meaning needs a new QUO_ABI_MAJOR. Otherwise: what plugins should not call\n"
              "is declared outside core/include.", file=sys.stderr)
    return bad


def update(path, include, *compiler):
    Path(path).write_text(COMMENT + "".join(f"{n}\n" for n in sorted(declared(include, compiler))))
    return False


def check_library(path, library, soname):
    bad = differ(symbols(library, "--defined-only"), set(read_list(path)),
                 "exported by the library, not listed; it is built without the version script of core/meson.build",
                 "listed, but the core does not define it; define it, or take it out of its header and of the list")
    dynamic = subprocess.run(["readelf", "-d", library], text=True, stdout=subprocess.PIPE, check=True).stdout
    has = re.search(r"SONAME.*\[(.*)\]", dynamic)
    if not has or has[1] != soname:
        print(f"{library}: its soname is {has and has[1]}, QUO_ABI_MAJOR asks for {soname}; see core/meson.build",
              file=sys.stderr)
        bad = True
    return bad


def check_host(path, *programs):
    bad = False
    for program in programs:
        exported = {n for n in symbols(program, "--defined-only") if n.startswith("quo")}
        bad |= differ(exported, set(read_list(path)),
                      f"{program} gives it to plugins, but it is not of the SDK; link with core_dep",
                      f"{program} does not give it to plugins; link with core_dep")
    return bad


def check_plugins(path, *plugins):
    bad = False
    for plugin in plugins:
        bad |= differ(symbols(plugin, "--defined-only"), {ENTRY},
                      f"{plugin} exports it; make it static, or build with gnu_symbol_visibility: 'hidden'",
                      f"{plugin} lacks it; declare its components with QUO_PLUGIN()")
        used = {n for n in symbols(plugin, "--undefined-only") if n.startswith("quo")}
        for name in sorted(used - set(read_list(path))):
            print(f"{name}: {plugin} needs it, but the SDK has no such symbol; include quotient/ headers only, and add "
                  "every source of the plugin to its meson.build", file=sys.stderr)
            bad = True
        needed = subprocess.run(["readelf", "-d", plugin], text=True, stdout=subprocess.PIPE, check=True).stdout
        if re.search(r"NEEDED.*\[libquotient\.so", needed):
            print(f"{plugin}: linked against libquotient.so; the program that loads it has the core", file=sys.stderr)
            bad = True
    return bad


COMMANDS = {"headers": check_headers, "update": update, "library": check_library, "host": check_host,
            "plugins": check_plugins}

if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    sys.exit(1 if COMMANDS[sys.argv[1]](*sys.argv[2:]) else 0)
