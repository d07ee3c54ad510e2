/* What the emulator's parts share: settings, the objects behind CUDA's handles, the queue of
 * deferred work. One mutex guards all of it, and one thread at a time runs device work. */
#ifndef ELBO_EMULATOR_STATE_H
#define ELBO_EMULATOR_STATE_H
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>
#include "abi.h"

namespace emu {

typedef unsigned long long u64;

/* CUresult values by their documented numbers. */
enum {
	SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, INVALID_DEVICE = 101,
	INVALID_IMAGE = 200, INVALID_CONTEXT = 201, NO_BINARY = 209,
	INVALID_HANDLE = 400, NOT_FOUND = 500, NOT_READY = 600, ILLEGAL_ADDRESS = 700, OUT_OF_RESOURCES = 701,
	CONTEXT_DESTROYED = 709, ASSERT = 710, MISALIGNED = 716, LAUNCH_FAILED = 719, COOPERATIVE_TOO_LARGE = 720,
	NOT_SUPPORTED = 801, CAPTURE_UNSUPPORTED = 900, CAPTURE_INVALIDATED = 901, CAPTURE_MERGE = 902,
	CAPTURE_UNMATCHED = 903, CAPTURE_UNJOINED = 904, CAPTURE_ISOLATION = 905, CAPTURE_IMPLICIT = 906,
};

enum Order { FORWARD, REVERSE, SHUFFLED };

struct Config {
	u64 memory = 2ull << 30; /* bytes a device has */
	int devices = 1;
	int sms = 8;
	Order order = FORWARD; /* in which blocks and threads run */
	u64 seed = 1;
	bool quiet = false;  /* count violations, print nothing */
	bool access = false; /* check every access of a kernel */
	bool eager = false;  /* run work when it is queued, as a debugger wants it */
};
extern Config config;
void configure(); /* from the environment */

struct Context;
struct Stream;

/* A range of memory that device work may touch. */
struct Range {
	enum Kind { DEVICE, PINNED, GLOBAL } kind = DEVICE;
	u64 base = 0, size = 0;
	u64 map = 0, map_size = 0; /* what was mapped for it */
	u64 serial = 0;
	Context *context = nullptr;
	std::vector<unsigned char> written; /* a byte each, with checks per access */
};

/* Deferred work. run executes it and returns a CUresult. */
struct Op {
	u64 seq = 0;
	std::string what;
	std::function<int()> run;
	std::weak_ptr<Stream> stream;
	std::vector<std::shared_ptr<Op>> after;
	bool done = false;
};
typedef std::shared_ptr<Op> OpRef;

/* A captured graph: nodes in the order of capture, with the nodes each must follow. */
struct Node {
	std::string what;
	std::function<int()> run;
	std::vector<int> after;
	u64 workspace = 0; /* of cuBLAS that it uses */
};
struct Graph {
	std::vector<Node> nodes;
};
struct Capture {
	std::shared_ptr<Graph> graph = std::make_shared<Graph>();
	Stream *origin = nullptr;
	int mode = 0;
	bool invalid = false;
	std::set<Stream *> members;
};

struct Stream {
	Context *context = nullptr;
	unsigned flags = 0; /* 1: does not wait for the default stream */
	int priority = 0;
	u64 serial = 0;
	std::deque<OpRef> pending;
	std::shared_ptr<Capture> capture;
	std::vector<int> last; /* nodes the next captured one follows */
	bool destroyed = false;
	bool blocking() const { return !(flags & 1); }
};

struct Event {
	Context *context = nullptr;
	unsigned flags = 0;
	u64 serial = 0;
	OpRef record; /* last recorded, null before */
	std::shared_ptr<double> when;
	std::weak_ptr<Capture> capture;
	std::vector<int> nodes;
};

struct Module {
	Context *context = nullptr;
	u64 serial = 0;
	void *library = nullptr;
	int file = -1; /* open as long as the library is: its number is part of the path that names it */
	elbo_state *state = nullptr;
	u64 low = 0, high = 0; /* addresses of its code and constants */
	std::vector<u64> globals; /* ranges entered for its variables */
	std::map<std::string, struct Function *> functions;
};

struct Function {
	std::weak_ptr<Module> module;
	elbo_kernel kernel = {};
	int dynamic_limit = 48 << 10;
	unsigned static_shared() const { return (unsigned)(kernel.shared_end - kernel.shared_begin); }
};

struct Exec {
	std::shared_ptr<Graph> graph;
	Context *context = nullptr;
};

struct Context {
	int device = 0;
	int references = 0;  /* of the primary context */
	bool primary = true;
	int sticky = 0;      /* the error every call returns once the device has faulted */
	unsigned flags = 0;
	u64 used = 0;        /* bytes allocated */
	std::shared_ptr<Stream> null_stream;
	std::set<std::shared_ptr<Stream>> streams, orphans;
	std::set<std::shared_ptr<Event>> events;
	std::set<std::shared_ptr<Module>> modules;
	std::set<Graph *> graphs;
	std::set<Exec *> execs;
	std::set<void *> blas;
};

extern std::recursive_mutex mutex;
extern thread_local Context *current __attribute__((tls_model("initial-exec")));
u64 next_serial();

/* check.cc: violations are printed, counted by kind and kept. */
void violation(const char *kind, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *place(); /* where the running work is: kernel, block and thread, or "" */

/* memory.cc */
Range *find_range(u64 address);      /* that holds it, or null */
Range *find_freed(u64 address);      /* a freed one that held it, or null */
Range *nearest_below(u64 address);   /* the last one that starts at or before it, or null */
bool in_device_space(u64 address);
std::string describe(u64 address);
int check_device(const char *what, u64 address, u64 n, Range **range = nullptr);
void check_canaries(const char *what);
Range *enter_range(Range::Kind kind, u64 base, u64 size);
void leave_range(u64 base);
int release_all(Context *c, bool report); /* ranges of a context; how many there were */
void mark_written(u64 address, u64 n);
bool all_written(u64 address, u64 n);

/* stream.cc */
Stream *stream_of(void *handle); /* null: unknown handle; the default stream for 0, 1 and 2 */
int enqueue(Stream *s, std::string what, std::function<int()> run, OpRef *op = nullptr, OpRef after = nullptr);
int finish_op(const OpRef &op);
int finish_stream(Stream *s);
int finish_default(Context *c); /* as a synchronous call does: the default stream and what it waits for */
int finish_context(Context *c);
bool capturing_globally();
int refuse_in_capture(Context *c, int code); /* code and an invalid capture, or 0 where none runs */
void drop_streams(Context *c);

/* run.cc */
struct Launch {
	std::shared_ptr<Module> module;
	Function *function = nullptr;
	uint3 grid = {1, 1, 1}, block = {1, 1, 1};
	unsigned shared = 0;
	bool cooperative = false;
	std::vector<unsigned char> arguments;
};
int run_launch(const Launch &l);
int run_guarded(const char *what, const std::function<int()> &body); /* faults become errors */
int blocks_per_sm(const Function *f, int block, u64 dynamic);

/* Every exported call begins with one of these: it takes the lock, counts, lets a planned
 * failure happen, and refuses where no context is current or the context has faulted. */
struct Enter {
	enum { PLAIN, CONTEXT };
	enum Library { DRIVER, BLAS, NVRTC };
	std::unique_lock<std::recursive_mutex> lock;
	int code = 0;
	Enter(const char *name, int need, Library library = DRIVER);
};
#define EMU_API extern "C" __attribute__((visibility("default"))) int
#define EMU_ENTER(need)                        \
	emu::Enter entered(__func__, emu::Enter::need); \
	if (entered.code)                      \
		return entered.code

} // namespace emu
#endif
