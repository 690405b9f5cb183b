#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check that includes run down: a room of core/ uses only itself and the rooms below it.

Also: the SDK's headers include each other and the C library alone, and plugins include the SDK and
files of plugins/ alone. Prints every arrow that runs up as file:line and fails.

Usage: check-arrows.py [SOURCE_ROOT]
"""
import pathlib
import re
import sys

# Lowest first.
ROOMS = ['base', 'text', 'net', 'circuit', 'session', 'kit', 'plugin', 'data', 'config', 'store',
	'numerics', 'train', 'run', 'report', 'tools']
# Files that stand elsewhere than their room: just below the room named.
BELOW = {'report/progress': 'run'}
# Arrows that still run up. Cut one, and take it off here.
KNOWN = set()

INCLUDE = re.compile(r'\s*#\s*include\s+(["<])([^">]+)[">]')


def includes(path):
	for number, line in enumerate(path.read_text().splitlines(), 1):
		if found := INCLUDE.match(line):
			yield number, found[1] == '"', found[2]


def height(name):
	"""Of a file, by its path in core/ without the ending; None: in no room."""
	if name in BELOW:
		return ROOMS.index(BELOW[name]) - 0.5
	room = name.split('/')[0]
	return ROOMS.index(room) if room in ROOMS else None


def check_core(root):
	for path in sorted((root / 'core').rglob('*.[ch]')):
		name = path.relative_to(root / 'core').with_suffix('').as_posix()
		if name.startswith('include/'):
			continue
		own = height(name)
		if own is None:
			yield path, 1, 'is in a folder that has no place in the order of rooms'
			continue
		for number, quoted, target in includes(path):
			other = height(target.rsplit('.', 1)[0]) if quoted and '/' in target else None
			if other is not None and other > own:
				yield path, number, f'{name.split("/")[0]} must not include {target}'


def check_sdk(root):
	for path in sorted((root / 'core/include/quotient').glob('*.h')):
		for number, quoted, target in includes(path):
			if quoted or ('/' in target and not target.startswith('quotient/')):
				yield path, number, f'an SDK header must not include {target}'


def check_plugins(root):
	folder = root / 'plugins'
	paths = sorted(folder.rglob('*.[ch]'))
	names = {path.name for path in paths}
	for path in paths:
		for number, quoted, target in includes(path):
			if quoted and pathlib.PurePath(target).name not in names:
				yield path, number, f'a plugin must not include {target}'


def main():
	root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else '.').resolve()
	wrong = 0
	for path, number, why in [*check_core(root), *check_sdk(root), *check_plugins(root)]:
		name = path.relative_to(root).as_posix()
		known = (name, why.split()[-1]) in KNOWN
		wrong += not known
		print(f'{name}:{number}: {why}{" (known)" if known else ""}')
	return 1 if wrong else 0


sys.exit(main())
