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
lacking=0
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

# A file made of a public set, that no address gives as it is: only checked. Not there is no failure.
derived() {
	file=$dir/$1
	if [ ! -f "$file" ]; then
		echo "  $file: not there; configs/README.md says what it is made of"
		lacking=1
	elif [ "$(digest "$file")" = "$2" ]; then
		echo "  $file: there, checksum right"
	else
		echo "  $file: there, but its checksum is wrong; move it away" >&2
		failed=1
	fi
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

echo "MotionSense (M. Malekzadeh; MIT)"
derived motionsense/devicemotion_dws_i32.npy.gz e0e7dc19c175178425556096fbe178d7d0a823b90bb4b3c15185c2ffce8f02d3
derived motionsense/devicemotion_ups_i32.npy.gz d374ab311bd228721f477b9d54acbb6ffeb9c75784b67a9b12dff55020225122
derived motionsense/devicemotion_wlk_i32.npy.gz 2e4aff7e1a400e348e9d42c771a2e1c4a0925fb6a384ac8c479e410dde51117e
derived motionsense/devicemotion_jog_i32.npy.gz 8a453c9579e64c6bc8fa804022e4dc4c4b8f2e7e0bfc9fdc6bed8120f6f19825
derived motionsense/segments.csv 809bdde68bb72eedfe718e80c3bf8f13a6503e473f4daefb56fb4ec792f0f747
echo "Breast histopathology, IDC patches (A. Janowczyk, A. Madabhushi; CC0)"
derived breast_idc/train-images-idx4-ubyte.gz a4b361dabfa28112c25afe72ddfdd6a475537499300eef2d83f0434bd4aa0b2b
derived breast_idc/train-labels-idx1-ubyte.gz db0824b0abcdd6eb65abeea7ee3b5f89e611e7720af3421c9d7c947fa81f2922
derived breast_idc/test-images-idx4-ubyte.gz 77abb9c133ad4bf975a8df532eba7912288364230a5fe0b2b2127e97c98d59ea
derived breast_idc/test-labels-idx1-ubyte.gz e021647a126755fc8d9cf5ab87550edfb2fc7a0f87b2679e1694ab4f18ee2f76
echo "HAM10000 at 28 x 28 (P. Tschandl, C. Rosendahl, H. Kittler; CC BY-NC 4.0)"
derived ham10000/train-images-idx4-ubyte.gz 45825c0473cba1f369c7633e4d16d7ad2238b2aaed18e00ebbd04c368f8367c4
derived ham10000/train-labels-idx1-ubyte.gz 2c0620bcc77ce9fa98e7e2b90e5d55f271d87f8f5c96cc5641b0b69ce13b66d5
derived ham10000/test-images-idx4-ubyte.gz 1c457225802d60336ae356b8287d2ebf51af4c60f1e9f348446e3c906587667c
derived ham10000/test-labels-idx1-ubyte.gz 0fa8f1ee4aae400c961016f825c8598f32b85282edd2e875ca648996887a41d0
echo "CIFAR-10, a part of it (A. Krizhevsky)"
derived cifar10/data_batch_1.bin.gz f27c826404183bf6fd3823fb45744b4f7fd83201dfa6253c32e8d2f8e60e8f1b
derived cifar10/test_batch_first1000.bin.gz 481869234567c4835abc7c5f640eb4c2dd6fb841f09ea94a7f989d31f337e06c

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
there="All there."
[ "$lacking" -eq 0 ] || there="All that can be fetched is there."
echo "$there Experiments find them in data/, or wherever QUOTIENT_DATA or --set data.root=DIR says."
