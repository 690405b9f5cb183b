#!/bin/sh
# Install what the build needs on Debian 12 (or say which one command does):
#     scripts/setup.sh          what `make run` and `make test` need
#     scripts/setup.sh ci       and what .ci/run checks with
set -eu

packages="gcc meson ninja-build pkg-config libssl-dev libyaml-dev zlib1g-dev libcmocka-dev"
case ${1:-} in
"") again="run make again" ;;
ci)
	packages="$packages g++ clang clang-format make git"
	again="run .ci/run again"
	;;
*)
	sed -n '2,4s/^# //p' "$0" >&2
	exit 2
	;;
esac

missing=""
for package in $packages; do
	status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
	[ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

command="apt-get install -y --no-install-recommends$missing"
if ! command -v apt-get >/dev/null 2>&1; then
	# Not Debian: whoever has the tools and libraries may go on; meson names what is not there.
	command -v meson >/dev/null 2>&1 && command -v ninja >/dev/null 2>&1 && exit 0
	echo "quotient needs meson, ninja, pkg-config, a C compiler and the headers of OpenSSL 3, libyaml, zlib and cmocka." >&2
	echo "Install them with this system's package manager, then $again." >&2
	exit 1
fi
if [ "$(id -u)" = 0 ]; then
	as_root=""
elif sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null 2>&1; }; then
	as_root="sudo"
else
	echo "Missing packages; run this command, then $again:" >&2
	echo "  sudo $command" >&2
	exit 1
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
if ! { $as_root apt-get update -q && $as_root $command; }; then
	echo "The installation failed. Run this command yourself, then $again:" >&2
	echo "  sudo $command" >&2
	exit 1
fi
