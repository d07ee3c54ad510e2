/* Modules: an image is a shared object made by the emulator's compiler, bare where a cubin
 * is due and in hexadecimal behind a text header where PTX is. */
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>
#include "image.h"
#include "state.h"

namespace emu {

/* image_bytes finds the shared object in an image. */
static bool image_bytes(const char *image, std::string *out)
{
	if (memcmp(image, ELFMAG, SELFMAG) == 0) {
		const Elf64_Ehdr *h = (const Elf64_Ehdr *)image;
		out->assign(image, h->e_shoff + (u64)h->e_shnum * h->e_shentsize);
		return true;
	}
	return decode_ptx(image, out);
}

static void close_module(Module *m)
{
	for (u64 base : m->globals)
		leave_range(base);
	for (auto &f : m->functions)
		delete f.second;
	if (m->library)
		dlclose(m->library);
	if (m->file >= 0)
		close(m->file);
	delete m;
}

/* enter_globals makes the module's variables known as memory kernels may touch. */
static void enter_globals(Module *m)
{
	link_map *map = nullptr;
	if (dlinfo(m->library, RTLD_DI_LINKMAP, &map) != 0)
		return;
	const Elf64_Sym *symbols = nullptr;
	const char *names = nullptr;
	for (const Elf64_Dyn *d = map->l_ld; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_SYMTAB)
			symbols = (const Elf64_Sym *)d->d_un.d_ptr;
		if (d->d_tag == DT_STRTAB)
			names = (const char *)d->d_un.d_ptr;
	}
	/* The string table follows the symbol table in what the linker writes. */
	for (const Elf64_Sym *s = symbols; s && (const char *)s < names; s++) {
		if (ELF64_ST_TYPE(s->st_info) != STT_OBJECT || s->st_shndx == SHN_UNDEF || s->st_size == 0)
			continue;
		if (strncmp(names + s->st_name, "elbo_", 5) == 0)
			continue;
		u64 base = map->l_addr + s->st_value;
		enter_range(Range::GLOBAL, base, s->st_size);
		m->globals.push_back(base);
	}
}

/* find_image notes the addresses the module's code and constants take. */
static void find_image(Module *m)
{
	auto each = [](dl_phdr_info *info, size_t, void *data) {
		Module *m = (Module *)data;
		u64 low = ~0ull, high = 0;
		for (int i = 0; i < info->dlpi_phnum; i++) {
			const ElfW(Phdr) &h = info->dlpi_phdr[i];
			if (h.p_type != PT_LOAD)
				continue;
			low = std::min<u64>(low, info->dlpi_addr + h.p_vaddr);
			high = std::max<u64>(high, info->dlpi_addr + h.p_vaddr + h.p_memsz);
		}
		if ((u64)m->state < low || (u64)m->state >= high)
			return 0;
		m->low = low, m->high = high;
		return 1;
	};
	dl_iterate_phdr(each, m);
}

static int load(void **out, const char *image)
{
	std::string bytes;
	if (!out || !image)
		return INVALID_VALUE;
	if (!image_bytes(image, &bytes))
		return INVALID_IMAGE;
	int file = memfd_create("elbo-emulator-module", MFD_CLOEXEC);
	if (file < 0 || write(file, bytes.data(), bytes.size()) != (ssize_t)bytes.size()) {
		if (file >= 0)
			close(file);
		return OUT_OF_MEMORY;
	}
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		fprintf(stderr, "elbo emulator: module: %s\n", dlerror());
		close(file);
		return INVALID_IMAGE;
	}
	std::shared_ptr<Module> m(new Module, close_module);
	m->library = library;
	m->file = file;
	m->context = current;
	m->serial = next_serial();
	m->state = (elbo_state *)dlsym(library, "elbo_module");
	const elbo_kernel *k = (const elbo_kernel *)dlsym(library, "elbo_kernels");
	const char *built = (const char *)dlsym(library, "elbo_built_with");
	if (!m->state || !k || !built)
		return INVALID_IMAGE;
	if (built_with() != built)
		return NO_BINARY;
	for (; k->name; k++) {
		Function *f = new Function;
		f->module = m;
		f->kernel = *k;
		m->functions[k->name] = f;
	}
	enter_globals(m.get());
	current->modules.insert(m);
	find_image(m.get());
	*out = m.get();
	return SUCCESS;
}

static std::shared_ptr<Module> module_of(void *handle)
{
	for (const auto &m : current->modules)
		if (m.get() == handle)
			return m;
	violation("context", "module %p is not of this context", handle);
	return nullptr;
}

} // namespace emu

using namespace emu;

EMU_API cuModuleLoadData(void **out, const void *image)
{
	EMU_ENTER(CONTEXT);
	return load(out, (const char *)image);
}

EMU_API cuModuleLoadDataEx(void **out, const void *image, unsigned, int *, void **)
{
	EMU_ENTER(CONTEXT);
	return load(out, (const char *)image);
}

EMU_API cuModuleLoadFatBinary(void **out, const void *image)
{
	EMU_ENTER(CONTEXT);
	return load(out, (const char *)image);
}

EMU_API cuModuleUnload(void *module)
{
	EMU_ENTER(CONTEXT);
	std::shared_ptr<Module> m = module_of(module);
	if (!m)
		return INVALID_HANDLE;
	current->modules.erase(m);
	return SUCCESS;
}

EMU_API cuModuleGetFunction(void **out, void *module, const char *name)
{
	EMU_ENTER(CONTEXT);
	std::shared_ptr<Module> m = module_of(module);
	if (!m || !out || !name)
		return INVALID_VALUE;
	auto f = m->functions.find(name);
	if (f == m->functions.end() || !dlsym(m->library, name))
		return NOT_FOUND;
	*out = f->second;
	return SUCCESS;
}

EMU_API cuModuleGetGlobal_v2(u64 *address, size_t *size, void *module, const char *name)
{
	EMU_ENTER(CONTEXT);
	std::shared_ptr<Module> m = module_of(module);
	void *p = m ? dlsym(m->library, name) : nullptr;
	Range *r = p ? find_range((u64)p) : nullptr;
	if (!r)
		return NOT_FOUND;
	if (address)
		*address = r->base;
	if (size)
		*size = r->size;
	return SUCCESS;
}
