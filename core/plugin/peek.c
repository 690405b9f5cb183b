/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/peek.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_TABLE_BYTES ((size_t)64 << 20)

#if defined(__x86_64__)
#define HOST_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define HOST_MACHINE EM_AARCH64
#else
#define HOST_MACHINE EM_NONE /* not checked here: dlopen() does */
#endif
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HOST_ORDER ELFDATA2LSB
#else
#define HOST_ORDER ELFDATA2MSB
#endif

typedef ElfW(Ehdr) elf_header;
typedef ElfW(Shdr) elf_section;
typedef ElfW(Phdr) elf_segment;
typedef ElfW(Sym) elf_symbol;

struct elf {
	int fd;
	const char *path;
	elf_header header;
	quo_err *err;
};

static quo_status broken(const struct elf *e, const char *what)
{
	return quo_fail(e->err, QUO_USAGE,
			"%s: %s; a plugin is a shared object (.so) for this machine", e->path,
			what);
}

/* Exactly n bytes at an offset of the file. */
static bool read_at(const struct elf *e, uint64_t offset, void *out, size_t n)
{
	char *to = out;
	while (n) {
		if (offset > INT64_MAX - n)
			return false;
		ssize_t got = pread(e->fd, to, n, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		to += got;
		offset += (uint64_t)got;
		n -= (size_t)got;
	}
	return true;
}

/* A table of the file in memory that the caller frees; NULL when the file does not hold it. */
static void *read_table(const struct elf *e, uint64_t offset, uint64_t n, size_t size)
{
	if (!n || n > MAX_TABLE_BYTES / size)
		return NULL;
	char *table = malloc((size_t)n * size + 1);
	if (table && !read_at(e, offset, table, (size_t)n * size)) {
		free(table);
		return NULL;
	}
	if (table)
		table[n * size] = 0;
	return table;
}

static quo_status read_header(struct elf *e)
{
	if (!read_at(e, 0, &e->header, sizeof e->header))
		return broken(e, "too short for a shared object");
	const unsigned char *id = e->header.e_ident;
	if (memcmp(id, ELFMAG, SELFMAG))
		return broken(e, "not an ELF file");
	bool machine = HOST_MACHINE == EM_NONE || e->header.e_machine == HOST_MACHINE;
	if (id[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
	    id[EI_DATA] != HOST_ORDER || !machine)
		return broken(e, "built for another kind of machine");
	if (e->header.e_type != ET_DYN)
		return broken(e, "an ELF file, but not a shared object");
	if (e->header.e_shentsize != sizeof(elf_section) ||
	    e->header.e_phentsize != sizeof(elf_segment))
		return broken(e, "its ELF header is damaged");
	return QUO_OK;
}

/* The symbol's own bytes, by the segment that is loaded at its address. */
static quo_status read_symbol(const struct elf *e, const elf_symbol *symbol, quo_plugin *entry)
{
	size_t n = symbol->st_size < sizeof *entry ? (size_t)symbol->st_size : sizeof *entry;
	elf_segment *segments =
		read_table(e, e->header.e_phoff, e->header.e_phnum, sizeof *segments);
	bool done = false;

	memset(entry, 0, sizeof *entry);
	for (unsigned i = 0; segments && i < e->header.e_phnum && !done; i++) {
		const elf_segment *s = &segments[i];
		if (s->p_type == PT_LOAD && symbol->st_value >= s->p_vaddr && n <= s->p_filesz &&
		    symbol->st_value - s->p_vaddr <= s->p_filesz - n)
			done = read_at(e, s->p_offset + (symbol->st_value - s->p_vaddr), entry, n);
	}
	free(segments);
	return done ? QUO_OK : broken(e, QUO_PLUGIN_SYMBOL " is not in its data");
}

static quo_status find_in_table(const struct elf *e, const elf_section *symtab,
				const elf_section *strtab, elf_symbol *out)
{
	uint64_t n = symtab->sh_size / sizeof(elf_symbol);
	elf_symbol *symbols = read_table(e, symtab->sh_offset, n, sizeof *symbols);
	char *names = read_table(e, strtab->sh_offset, strtab->sh_size, 1);
	bool found = false;

	for (uint64_t i = 0; symbols && names && i < n && !found; i++) {
		const elf_symbol *s = &symbols[i];
		found = s->st_shndx != SHN_UNDEF && s->st_name < strtab->sh_size &&
			!strcmp(names + s->st_name, QUO_PLUGIN_SYMBOL);
		if (found)
			*out = *s;
	}
	bool readable = symbols && names;
	free(symbols);
	free(names);
	if (!readable)
		return broken(e, "its symbol table is damaged");
	if (!found)
		return quo_fail(e->err, QUO_USAGE, "%s: no symbol %s; it is not a quotient plugin",
				e->path, QUO_PLUGIN_SYMBOL);
	if (ELF64_ST_TYPE(out->st_info) != STT_OBJECT)
		return quo_fail(e->err, QUO_USAGE,
				"%s: %s is not data; declare it with QUO_PLUGIN()", e->path,
				QUO_PLUGIN_SYMBOL);
	return QUO_OK;
}

static quo_status find_symbol(const struct elf *e, elf_symbol *out)
{
	elf_section *sections =
		read_table(e, e->header.e_shoff, e->header.e_shnum, sizeof *sections);
	quo_status status = QUO_OK;
	bool found = false;

	for (unsigned i = 0; sections && i < e->header.e_shnum && !found; i++) {
		const elf_section *s = &sections[i];
		if (s->sh_type != SHT_DYNSYM || s->sh_link >= e->header.e_shnum)
			continue;
		found = true;
		status = find_in_table(e, s, &sections[s->sh_link], out);
	}
	free(sections);
	return found ? status : broken(e, "it has no table of dynamic symbols, or is cut off");
}

quo_status quo__plugin_peek(const char *path, quo_plugin *entry, uint64_t *entry_size, quo_err *err)
{
	struct elf e = { .fd = open(path, O_RDONLY | O_CLOEXEC), .path = path, .err = err };
	elf_symbol symbol = { 0 };

	if (e.fd < 0)
		return quo_fail(err, QUO_USAGE, "%s: cannot read the plugin: %s", path,
				strerror(errno));
	quo_status status = read_header(&e);
	if (status == QUO_OK)
		status = find_symbol(&e, &symbol);
	if (status == QUO_OK)
		status = read_symbol(&e, &symbol, entry);
	*entry_size = symbol.st_size;
	close(e.fd);
	return status;
}
