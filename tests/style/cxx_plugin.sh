#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Build a plugin in C++17 as its author would, and let the loader and the symbol check judge it:
#     cxx_plugin.sh PLUGIN.cpp INCLUDE_DIR QUOTIENT_PLUGINS CHECK_SYMBOLS LIST
# Exit status 77, "skipped" to meson, when there is no C++ compiler.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tried=""
for compiler in g++ clang++; do
	command -v "$compiler" >/dev/null 2>&1 || continue
	tried="$tried $compiler"
	"$compiler" -std=c++17 -Wall -Wextra -Wpedantic -Werror -shared -fPIC -fvisibility=hidden -I "$2" "$1" \
		-o "$folder/$compiler.so"
	"$3" test "$folder/$compiler.so"
	"$4" plugins "$5" "$folder/$compiler.so"
done
if [ -z "$tried" ]; then
	echo "SKIPPED: neither g++ nor clang++ is installed; no plugin was built in C++"
	exit 77
fi
echo "built, loaded and checked with:$tried"
