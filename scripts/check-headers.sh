#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compile every header of the SDK alone, without a warning, with the compilers that are installed:
#     scripts/check-headers.sh c|c++ INCLUDE_DIR
# C is C11 (gcc, clang), C++ is C++17 (g++, clang++). Exit status 77, "skipped" to meson, when there is no such compiler.
set -eu

case ${1:-} in
c) standard=c11 compilers="gcc clang" ;;
c++) standard=c++17 compilers="g++ clang++" ;;
*) sed -n '3,5s/^# //p' "$0" >&2; exit 2 ;;
esac
include=$2

found=""
failed=0
for compiler in $compilers; do
	command -v "$compiler" >/dev/null 2>&1 || continue
	found="$found $compiler"
	for header in "$include"/quotient/*.h; do
		# Twice: the guard works
		printf '#include <quotient/%s>\n' "${header##*/}" "${header##*/}" |
			"$compiler" -x "$1" -std=$standard -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I "$include" - || {
			echo "$header does not compile alone as $standard with $compiler" >&2
			failed=1
		}
	done
done
if [ -z "$found" ]; then
	echo "SKIPPED: none of these compilers is installed: $compilers; the headers were not compiled as $standard"
	exit 77
fi
echo "compiled as $standard with:$found"
exit $failed
