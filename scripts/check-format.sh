#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compare the layout of all C and C++ sources with .clang-format:
#     scripts/check-format.sh            names the places that differ; exit status 1 if there are any
#     scripts/check-format.sh --fix      lays them out
# Exit status 77, "skipped" to meson, without clang-format.
set -eu
cd "$(dirname "$0")/.."

if ! command -v clang-format >/dev/null 2>&1; then
	echo "SKIPPED: clang-format is not installed (scripts/setup.sh ci)"
	exit 77
fi
case ${1:-} in
--fix) how="-i" ;;
"") how="--dry-run -Werror" ;;
*) sed -n '3,6s/^# //p' "$0" >&2; exit 2 ;;
esac
# shellcheck disable=SC2086
find core plugins tests -name '*.[ch]' -o -name '*.cpp' | xargs clang-format --style=file $how || {
	echo "Lay them out with scripts/check-format.sh --fix (clang-format 14, Debian 12's)." >&2
	exit 1
}
