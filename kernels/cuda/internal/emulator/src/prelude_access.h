/* With checks per access the compiler puts a call before every load and store; these take
 * them to the emulator. */
#ifdef ELBO_CHECK_ACCESS
#define ELBO_SEEN(name, bytes, how) \
	extern "C" __attribute__((no_sanitize("thread"))) void name(void *p) { elbo_module.access(p, bytes, how); }
ELBO_SEEN(__tsan_read1, 1, ELBO_READ)
ELBO_SEEN(__tsan_read2, 2, ELBO_READ)
ELBO_SEEN(__tsan_read4, 4, ELBO_READ)
ELBO_SEEN(__tsan_read8, 8, ELBO_READ)
ELBO_SEEN(__tsan_read16, 16, ELBO_READ)
ELBO_SEEN(__tsan_write1, 1, ELBO_WRITE)
ELBO_SEEN(__tsan_write2, 2, ELBO_WRITE)
ELBO_SEEN(__tsan_write4, 4, ELBO_WRITE)
ELBO_SEEN(__tsan_write8, 8, ELBO_WRITE)
ELBO_SEEN(__tsan_write16, 16, ELBO_WRITE)
ELBO_SEEN(__tsan_volatile_read1, 1, ELBO_ATOMIC_READ)
ELBO_SEEN(__tsan_volatile_read2, 2, ELBO_ATOMIC_READ)
ELBO_SEEN(__tsan_volatile_read4, 4, ELBO_ATOMIC_READ)
ELBO_SEEN(__tsan_volatile_read8, 8, ELBO_ATOMIC_READ)
ELBO_SEEN(__tsan_volatile_write1, 1, ELBO_ATOMIC)
ELBO_SEEN(__tsan_volatile_write2, 2, ELBO_ATOMIC)
ELBO_SEEN(__tsan_volatile_write4, 4, ELBO_ATOMIC)
ELBO_SEEN(__tsan_volatile_write8, 8, ELBO_ATOMIC)
#define ELBO_SEEN_RANGE(name, how) \
	extern "C" __attribute__((no_sanitize("thread"))) void name(void *p, long n) \
	{ \
		elbo_module.access(p, (elbo_uint)n, how); \
	}
ELBO_SEEN_RANGE(__tsan_read_range, ELBO_READ)
ELBO_SEEN_RANGE(__tsan_write_range, ELBO_WRITE)
extern "C" void __tsan_init() {}
#endif
