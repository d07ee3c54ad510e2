/* Compilation. A program is preprocessed with the prelude, its kernels and shared variables
 * are found, and the host's compiler makes a shared object of it, kept on disk by the hash of
 * all that went in. */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>
#include "image.h"
#include "process.h"
#include "scan.h"
#include "rtc.h"

/* The texts that stand before every source, kept in the object. */
#define EMU_TEXT(name, file)                                            \
	asm(".section .rodata\n.global " #name "\n.hidden " #name "\n" #name ":\n" \
	    ".incbin \"" file "\"\n.byte 0\n.previous\n");              \
	extern "C" const char name[];
EMU_TEXT(emu_abi, "abi.h")
EMU_TEXT(emu_prelude, "prelude.h")
EMU_TEXT(emu_sync, "prelude_sync.h")
EMU_TEXT(emu_math, "prelude_math.h")
EMU_TEXT(emu_access, "prelude_access.h")

namespace emu {

static std::string prelude()
{
	static const std::string all = std::string(emu_abi) + emu_prelude + emu_sync + emu_math + emu_access;
	return all;
}

static std::string cxx()
{
	const char *s = getenv("ELBO_EMU_CXX");
	return s && *s ? s : "g++";
}

static bool starts(const std::string &s, const char *with) { return s.compare(0, strlen(with), with) == 0; }

/* flags turns NVRTC's options into the host compiler's; an unknown one is refused as NVRTC does. */
static bool flags(Program *p, const std::vector<std::string> &options, std::vector<std::string> *to)
{
	static const char *const ignored[] = {
		"--gpu-architecture", "-arch", "--generate-line-info", "-lineinfo", "--device-debug", "-G",
		"--extra-device-vectorization",
		"-default-device", "--ftz", "-ftz", "--prec-sqrt", "-prec-sqrt", "--prec-div", "-prec-div", "--maxrregcount",
		"--restrict", "-restrict", "--device-int128", "--disable-warnings", "-w", "--ptxas-options", "-Xptxas",
		"--relocatable-device-code", "-rdc", "--diag-suppress", "-diag-suppress", "--minimal", "-minimal", "--std", "-std",
		"--dopt", "-dopt", "--split-compile", "--builtin-initializer-list", "--version-ident", "-no-source-include",
		"--no-source-include",
	};
	bool contract = true;
	for (size_t i = 0; i < options.size(); i++) {
		const std::string &o = options[i];
		std::string key = o.substr(0, o.find('='));
		bool known = false;
		for (const char *k : ignored)
			known = known || key == k;
		if (o.find("=sm_") != std::string::npos)
			p->machine = true;
		if (key == "--fmad" || key == "-fmad")
			contract = o.find("=false") == std::string::npos;
		else if (key == "--use_fast_math" || key == "-use_fast_math")
			contract = true;
		else if (starts(o, "-D") || starts(o, "-U") || starts(o, "-I"))
			to->push_back(o);
		else if (key == "--define-macro")
			to->push_back("-D" + o.substr(key.size() + 1));
		else if (key == "--include-path")
			to->push_back("-I" + o.substr(key.size() + 1));
		else if (!known) {
			p->log = "unrecognized option " + o + " found\n";
			return false;
		}
	}
	to->push_back(contract ? "-ffp-contract=fast" : "-ffp-contract=off");
	if (contract)
		to->push_back("-fexpensive-optimizations"); /* of which the fusing is one */
	return true;
}

/* The dialect: C++17 without what device code lacks, alignment and known lengths checked. */
static std::vector<std::string> dialect()
{
	const char *level = getenv("ELBO_EMU_OPT");
	std::vector<std::string> f = {
		"-x", "c++", "-std=gnu++17", level && *level ? level : "-O1", "-fPIC", "-w", "-fno-exceptions", "-fno-rtti",
		"-fno-gnu-unique", "-fno-strict-aliasing", "-fno-math-errno", "-fno-stack-protector", "-fstack-clash-protection",
		"-fno-asynchronous-unwind-tables",
		"-fno-threadsafe-statics", "-fsanitize=alignment,bounds",
	};
#if defined(__x86_64__)
	if (__builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2"))
		f.insert(f.end(), {"-mavx2", "-mfma"});
#endif
	if (config.access)
		f.insert(f.end(), {"-DELBO_CHECK_ACCESS", "-fsanitize=thread", "--param",
		                   "tsan-instrument-func-entry-exit=0", "--param", "tsan-distinguish-volatile=1"});
	return f;
}

/* built_with names the text before every source and the dialect: images of others are refused. */
std::string built_with()
{
	std::string all = prelude();
	for (const std::string &f : dialect())
		all += '\0' + f;
	return std::to_string(hash(all));
}

static std::string key_of(const Program &p, const std::vector<std::string> &options)
{
	std::string all = prelude() + '\0' + p.source + '\0' + p.name + '\0' + cxx();
	for (const auto &h : p.headers)
		all += '\0' + h.first + '\0' + h.second;
	for (const std::string &o : options)
		all += '\0' + o;
	char text[40];
	snprintf(text, sizeof text, "%016llx%016llx", (u64)hash(all), (u64)hash(all, 7809847782465536322ull));
	return text;
}

/* clean_log takes what only the emulator put there out of a compiler's message. */
static void add_log(Program *p, const std::string &text, const std::string &folder)
{
	std::string s = text;
	for (size_t at; (at = s.find(folder + "/")) != std::string::npos;)
		s.erase(at, folder.size() + 1);
	p->log += s;
}

static int build(Program *p, const std::vector<std::string> &given, const std::string &folder)
{
	std::string source = "#define ELBO_BUILT_WITH \"" + built_with() + "\"\n#line 1 \"emulator\"\n" + prelude();
	source += "#line 1 \"" + p->name + "\"\n" + p->source + "\n";
	write_file(folder + "/source.cu", source);
	for (const auto &h : p->headers) {
		size_t slash = h.first.rfind('/');
		if (slash != std::string::npos)
			make_directories(folder + "/include/" + h.first.substr(0, slash));
		write_file(folder + "/include/" + h.first, h.second);
	}
	std::vector<std::string> command = {cxx(), "-E", "-nostdinc", "-I" + folder + "/include"};
	std::vector<std::string> all = given;
	command.insert(command.end(), all.begin(), all.end());
	command.push_back(folder + "/source.cu");
	std::string text, errors;
	int status = run_process(command, &text, &errors);
	add_log(p, errors, folder);
	if (status < 0) {
		p->log += "the emulator needs " + cxx() + ", which did not start\n";
		return RTC_INTERNAL;
	}
	if (status)
		return RTC_COMPILATION;
	write_file(folder + "/prepared.ii", prepare(text));
	command = {cxx(), "-shared", "-nostdlib", "-o", folder + "/module.so"};
	command.insert(command.end(), all.begin(), all.end());
	command.insert(command.end(), {folder + "/prepared.ii", "-x", "none", "-lm", "-lc", "-lgcc"});
	errors.clear();
	status = run_process(command, &text, &errors);
	add_log(p, errors, folder);
	if (status || !read_file(folder + "/module.so", &p->object))
		return RTC_COMPILATION;
	return RTC_SUCCESS;
}

int compile(Program *p, const std::vector<std::string> &options)
{
	p->log.clear();
	p->object.clear();
	p->machine = false;
	std::vector<std::string> all = dialect();
	if (!flags(p, options, &all))
		return RTC_INVALID_OPTION;
	std::string cache = cache_directory(), kept = cache + "/" + key_of(*p, all) + ".so";
	if (!read_file(kept, &p->object)) {
		char folder[] = "/tmp/elbo-emulator-XXXXXX";
		if (!mkdtemp(folder))
			return RTC_INTERNAL;
		make_directories(std::string(folder) + "/include");
		int status = build(p, all, folder);
		if (getenv("ELBO_EMU_KEEP"))
			fprintf(stderr, "elbo emulator: compiled in %s\n", folder);
		else
			remove_tree(folder);
		if (status)
			return status;
		make_directories(cache);
		limit_files(cache, 4096);
		replace_file(kept, p->object);
	}
	p->ptx = encode_ptx(p->object);
	p->compiled = true;
	return RTC_SUCCESS;
}

} // namespace emu
