#!/bin/sh
# Fetch the public datasets of configs/ into a folder (default: data) and check them against pinned SHA-256:
#     scripts/fetch-data.sh [DIR]
# A file that is there and right is left alone. A download counts only when its checksum is right; until then it has
# another name, and it is removed when anything goes wrong.
set -eu
LC_ALL=C
export LC_ALL

dir=${1:-data}
failed=0
part=

cleanup() {
	[ -z "$part" ] || rm -f "$part"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if command -v curl >/dev/null 2>&1; then
	download() { curl -fsSL --retry 2 --connect-timeout 15 -o "$2" "$1"; }
elif command -v wget >/dev/null 2>&1; then
	download() { wget -q -T 15 -t 3 -O "$2" "$1"; }
else
	download() { echo "    neither curl nor wget is installed" >&2; return 1; }
fi

digest() {
	if command -v sha256sum >/dev/null 2>&1; then
		sha256sum "$1" | cut -d' ' -f1
	else
		shasum -a 256 "$1" | cut -d' ' -f1
	fi
}

# Values without their blanks: what counts in a text table whose white space differs from copy to copy.
values_digest() {
	tr -s ' \t\r' ' ' <"$1" | sed 's/^ //; s/ $//' | grep -v '^$' | {
		if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi
	} | cut -d' ' -f1
}

# fetch FILE HOW SHA256 URL..: the first URL that gives the right file wins. HOW: bytes, or values for a text table.
fetch() {
	file=$dir/$1 how=$2 want=$3
	shift 3
	check=digest
	[ "$how" = bytes ] || check=values_digest
	if [ -f "$file" ]; then
		if [ "$($check "$file")" = "$want" ]; then
			echo "  $file: there, checksum right"
			return
		fi
		echo "  $file: there, but its checksum is wrong; move it away and run this again" >&2
		failed=1
		return
	fi
	mkdir -p "$(dirname "$file")"
	part=$file.part.$$
	for url in "$@"; do
		rm -f "$part"
		if ! download "$url" "$part"; then
			echo "    not to be had from $url" >&2
		elif [ "$($check "$part")" != "$want" ]; then
			echo "    wrong checksum from $url" >&2
		else
			mv "$part" "$file"
			part=
			echo "  $file: fetched, checksum right"
			return
		fi
	done
	rm -f "$part"
	part=
	echo "  $file: NOT fetched (sha256 $want)" >&2
	failed=1
}

mnist() {
	fetch "mnist/$1" bytes "$2" "https://ossci-datasets.s3.amazonaws.com/mnist/$1" \
		"https://storage.googleapis.com/cvdf-datasets/mnist/$1"
}

uci=https://archive.ics.uci.edu/ml/machine-learning-databases

echo "MNIST (LeCun, Cortes, Burges; CC BY-SA 3.0)"
mnist train-images-idx3-ubyte.gz 440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609
mnist train-labels-idx1-ubyte.gz 3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c
mnist t10k-images-idx3-ubyte.gz 8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6
mnist t10k-labels-idx1-ubyte.gz f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6
echo "Statlog German credit (UCI, H. Hofmann; CC BY 4.0)"
fetch german_credit/german.data values b21f3d81db8071257d5ff1deaeba1fd4303b62712e6fcc9715c7a86202cb5871 "$uci/statlog/german/german.data"
echo "Thyroid disease, ann (UCI, R. Quinlan, R. Werner; CC BY 4.0)"
fetch thyroid/ann-train.data values 38c10288f9257201c03eda91969adcce73778d545df382b0fa5ed77468f0f322 "$uci/thyroid-disease/ann-train.data"
fetch thyroid/ann-test.data values 94dc9a6cb94ed8761a172086ce31d2dcf66577881248442e731de5072ba518db "$uci/thyroid-disease/ann-test.data"

if [ "$failed" -ne 0 ]; then
	cat >&2 <<END

Not everything is there. Without internet here:
  - fetch the files on another machine from the addresses above (in a browser, or with this script), and copy them
    to $dir under the names above; then run this again: it checks them;
  - or, if you have them in another folder of the same shape, name it: export QUOTIENT_DATA=/that/folder;
  - or start without files: quotient-run configs/quickstart.yaml draws its own digits.
END
	exit 1
fi
echo "All there. Experiments find them in data/, or wherever QUOTIENT_DATA or --set data.root=DIR says."
