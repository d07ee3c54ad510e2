/* Modules: an image is a shared object made by the emulator's compiler, bare where a cubin
 * is due and in hexadecimal behind a text header where PTX is. Kernels, variables, attributes. */
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

static Function *function_of(void *handle)
{
	for (const auto &m : current->modules)
		for (const auto &f : m->functions)
			if (f.second == handle)
				return f.second;
	violation("context", "function %p is not of this context", handle);
	return nullptr;
}

/* How many blocks of a kernel an SM holds: 2048 threads, 32 blocks, 228 KB of shared memory. */
int blocks_per_sm(const Function *f, int block, u64 dynamic)
{
	u64 shared = f->static_shared() + dynamic + 1024;
	return std::max(0, std::min({2048 / std::max(block, 1), 32, (int)((228u << 10) / shared)}));
}

static const int most_dynamic = 227 << 10;

/* collect_arguments packs a launch's arguments, from pointers to each or from one buffer. */
static int collect_arguments(const elbo_kernel &k, void **pointers, void **extra, std::vector<unsigned char> *to)
{
	to->assign(k.bytes + 16, 0);
	if (pointers && extra)
		return INVALID_VALUE;
	if (pointers) {
		for (unsigned i = 0; i < k.parameters; i++)
			memcpy(to->data() + k.offset[i], pointers[i], k.size[i]);
		return SUCCESS;
	}
	if (!extra)
		return k.parameters ? INVALID_VALUE : SUCCESS;
	const void *buffer = nullptr;
	size_t size = 0;
	for (; *extra != nullptr; extra += 2) {
		if (*extra == (void *)1)
			buffer = extra[1];
		else if (*extra == (void *)2)
			size = *(size_t *)extra[1];
		else
			return INVALID_VALUE;
	}
	if (size < k.bytes || size > (k.bytes + 15u) / 16 * 16) {
		violation("launch", "kernel %s takes %u bytes of arguments, the launch passes %zu", k.name, k.bytes, size);
		return INVALID_VALUE;
	}
	memcpy(to->data(), buffer, k.bytes);
	return SUCCESS;
}

static bool mapped(u64 address)
{
	unsigned char in;
	return address >= 4096 && address < 1ull << 47 && mincore((void *)(address & ~4095ull), 1, &in) == 0;
}

/* check_arguments refuses pointers that cannot be device memory. */
static void check_arguments(const elbo_kernel &k, const unsigned char *arguments)
{
	for (unsigned i = 0; i < k.parameters; i++) {
		u64 p;
		if (!k.pointer[i] || k.size[i] != 8)
			continue;
		memcpy(&p, arguments + k.offset[i], 8);
		if (p == 0 || find_range(p))
			continue;
		if (find_freed(p))
			violation("freed", "kernel %s, argument %u: %s", k.name, i, describe(p).c_str());
		else if (!in_device_space(p) && mapped(p))
			violation("host-pointer", "kernel %s, argument %u: %s", k.name, i, describe(p).c_str());
	}
}

static int launch(void *function, uint3 grid, uint3 block, unsigned shared, void *stream, void **pointers,
                  void **extra, bool cooperative)
{
	Stream *s = stream_of(stream);
	Function *f = s ? function_of(function) : nullptr;
	if (!f)
		return INVALID_HANDLE;
	const elbo_kernel &k = f->kernel;
	u64 threads = (u64)block.x * block.y * block.z;
	bool shape = grid.x && grid.y && grid.z && threads && grid.x < 1u << 31 && grid.y < 65536 && grid.z < 65536 &&
	             block.x <= 1024 && block.y <= 1024 && block.z <= 64 && threads <= 1024;
	if (!shape) {
		violation("launch", "kernel %s: grid %u,%u,%u block %u,%u,%u", k.name, grid.x, grid.y, grid.z, block.x,
		          block.y, block.z);
		return INVALID_VALUE;
	}
	if (k.max_threads && threads > k.max_threads)
		return violation("launch", "kernel %s: %llu threads, __launch_bounds__ says %u", k.name, threads, k.max_threads),
		       INVALID_VALUE;
	if (f->static_shared() > 48u << 10 || (int)shared > f->dynamic_limit ||
	    f->static_shared() + shared > (unsigned)std::max(f->dynamic_limit + (int)f->static_shared(), 48 << 10) ||
	    (f->dynamic_limit <= 48 << 10 && f->static_shared() + shared > 48u << 10)) {
		violation("launch", "kernel %s: %u bytes of static and %u of dynamic shared memory, limit %d", k.name,
		          f->static_shared(), shared, f->dynamic_limit);
		return INVALID_VALUE;
	}
	if (cooperative && (u64)grid.x * grid.y * grid.z > (u64)blocks_per_sm(f, (int)threads, shared) * (u64)config.sms)
		return COOPERATIVE_TOO_LARGE;
	auto l = std::make_shared<Launch>();
	l->module = f->module.lock();
	l->function = f;
	l->grid = grid;
	l->block = block;
	l->shared = shared;
	l->cooperative = cooperative;
	if (int e = collect_arguments(k, pointers, extra, &l->arguments))
		return e;
	check_arguments(k, l->arguments.data());
	return enqueue(s, k.name, [l] { return run_launch(*l); });
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

EMU_API cuFuncGetAttribute(int *value, int key, void *function)
{
	EMU_ENTER(CONTEXT);
	Function *f = function_of(function);
	if (!f || !value)
		return INVALID_HANDLE;
	const int values[] = {f->kernel.max_threads ? (int)f->kernel.max_threads : 1024,
	                      (int)f->static_shared(), 0, 0, 32, 90, 90, 0, f->dynamic_limit, -1};
	if (key < 0 || key > 9)
		return INVALID_VALUE;
	*value = values[key];
	return SUCCESS;
}

EMU_API cuFuncSetAttribute(void *function, int key, int value)
{
	EMU_ENTER(CONTEXT);
	Function *f = function_of(function);
	if (!f)
		return INVALID_HANDLE;
	if (key == 9)
		return value >= -1 && value <= 100 ? SUCCESS : INVALID_VALUE;
	if (key != 8 || value < 0 || value + (int)f->static_shared() > most_dynamic)
		return INVALID_VALUE;
	f->dynamic_limit = value;
	return SUCCESS;
}

EMU_API cuFuncSetCacheConfig(void *function, int)
{
	EMU_ENTER(CONTEXT);
	return function_of(function) ? SUCCESS : INVALID_HANDLE;
}

EMU_API cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, void *function, int threads, size_t dynamic)
{
	EMU_ENTER(CONTEXT);
	Function *f = function_of(function);
	if (!f || !blocks)
		return INVALID_HANDLE;
	*blocks = blocks_per_sm(f, threads, dynamic);
	return SUCCESS;
}

EMU_API cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks, void *function, int threads, size_t dynamic,
                                                             unsigned)
{
	EMU_ENTER(CONTEXT);
	Function *f = function_of(function);
	if (!f || !blocks)
		return INVALID_HANDLE;
	*blocks = blocks_per_sm(f, threads, dynamic);
	return SUCCESS;
}

EMU_API cuOccupancyMaxPotentialBlockSize(int *grid, int *block, void *function, size_t (*dynamic)(int), size_t shared,
                                         int limit)
{
	EMU_ENTER(CONTEXT);
	Function *f = function_of(function);
	if (!f || !grid || !block)
		return INVALID_HANDLE;
	*block = limit > 0 ? std::min(limit, 1024) : 1024;
	if (f->kernel.max_threads)
		*block = std::min(*block, (int)f->kernel.max_threads);
	*grid = config.sms * blocks_per_sm(f, *block, dynamic ? dynamic(*block) : shared);
	return SUCCESS;
}

EMU_API cuLaunchKernel(void *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                       unsigned shared, void *stream, void **pointers, void **extra)
{
	EMU_ENTER(CONTEXT);
	return launch(f, uint3{gx, gy, gz}, uint3{bx, by, bz}, shared, stream, pointers, extra, false);
}

EMU_API cuLaunchCooperativeKernel(void *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                                  unsigned bz, unsigned shared, void *stream, void **pointers)
{
	EMU_ENTER(CONTEXT);
	return launch(f, uint3{gx, gy, gz}, uint3{bx, by, bz}, shared, stream, pointers, nullptr, true);
}
