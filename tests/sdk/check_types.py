#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What must compile with QUO_OPTION and QUO_COMPONENT, and what must not.

Usage: check_types.py SOURCE INCLUDE_DIR.. -- COMPILER..
"""
import subprocess
import sys

# Of every option type: the C type that fits, and some that do not.
OPTIONS = {
	'QUO_OPT_INT': ('int64_t', ['int32_t', 'uint64_t', 'double', 'bool']),
	'QUO_OPT_REAL': ('double', ['float', 'int64_t']),
	'QUO_OPT_BOOL': ('bool', ['int', 'uint8_t', 'char']),
	'QUO_OPT_STRING': ('const char *', ['char *', 'quo_strings', 'int64_t']),
	'QUO_OPT_ENUM': ('int', ['int64_t', 'uint8_t', 'unsigned', 'bool']),
	'QUO_OPT_STRINGS': ('quo_strings', ['const char *', 'quo_columns']),
	'QUO_OPT_SCHEDULE': ('quo_schedule', ['int64_t', 'int', 'quo_strings']),
	'QUO_OPT_COLUMNS': ('quo_columns', ['quo_strings', 'quo_column']),
	'QUO_OPT_COMPONENT': ('quo_instance *', ['quo_instance', 'void *', 'const quo_component *']),
	'QUO_OPT_SECONDS': ('double', ['float', 'int64_t']),
	'QUO_OPT_RATE': ('double', ['float', 'int64_t']),
}
KINDS = ['ot', 'gc', 'circuits', 'products', 'protocol', 'layer', 'optim', 'quant', 'data']


def main():
	cut = sys.argv.index('--')
	source, include, compiler = sys.argv[1], sys.argv[2:cut], sys.argv[cut + 1:]
	wrong = []

	def check(must, **define):
		command = compiler + ['-fsyntax-only', '-Wall', '-Wextra', '-Werror']
		command += ['-I' + i for i in include] + [f'-D{k}={v}' for k, v in define.items()]
		done = subprocess.run(command + [source], capture_output=True, text=True)
		if (done.returncode == 0) != must:
			wrong.append(f'{define}: must {"" if must else "not "}compile\n{done.stderr}')

	for option, (right, others) in OPTIONS.items():
		check(True, OPTION=option, MEMBER=right)
		for other in others:
			check(False, OPTION=option, MEMBER=other)
	for i, kind in enumerate(KINDS):
		first = f'QUO_COMPONENT(QUO_KIND_{kind.upper()}, &ops)'
		check(True, COMPONENT=first, OPS=f'quo_{kind}_ops')
		check(False, COMPONENT=first, OPS=f'quo_{KINDS[i - 1]}_ops')
	print('\n'.join(wrong), end='')
	return 1 if wrong else 0


sys.exit(main())
