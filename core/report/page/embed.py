#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The report's page as C: embed.py OUT.c TEMPLATE [NAME=FILE[@SHA256] ..]

Every line "@@NAME@@" of the template becomes the text of a file, whose digest is checked where one is
given. What remains is cut at @@TITLE@@ and @@DATA@@ into the strings of quo__page.
"""
import hashlib
import re
import sys


def inline(page, argument):
    name, _, rest = argument.partition("=")
    path, digest = (rest[:-65], rest[-64:]) if re.search("@[0-9a-f]{64}$", rest) else (rest, None)
    data = open(path, "rb").read()
    if digest and hashlib.sha256(data).hexdigest() != digest:
        sys.exit(f"{path} is not the file that core/report/meson.build pins; see third_party/README.md")
    text = data.decode()
    if "</script" in text.lower() or "</style" in text.lower():
        sys.exit(f"{path} would end the element that it is put into")
    if page.count(f"@@{name}@@") != 1:
        sys.exit(f"the template does not have @@{name}@@ once")
    return page.replace(f"@@{name}@@", text)


def main():
    out, template, *files = sys.argv[1:]
    page = open(template, encoding="utf-8").read()
    for argument in files:
        page = inline(page, argument)
    before, _, rest = page.partition("@@TITLE@@")
    between, _, after = rest.partition("@@DATA@@")
    with open(out, "w", encoding="ascii") as f:
        f.write("/* Made by the build from core/report/page. */\n#include \"report/page.h\"\n\n")
        for i, part in enumerate((before, between, after)):
            data = part.encode() + b"\0"
            f.write(f"static const unsigned char part{i}[] = {{\n")
            for at in range(0, len(data), 24):
                f.write(",".join(str(b) for b in data[at:at + 24]) + ",\n")
            f.write("};\n\n")
        f.write("const char *const quo__page[3] = { (const char *)part0, (const char *)part1, (const char *)part2 };\n")


main()
