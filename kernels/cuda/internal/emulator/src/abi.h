/* What a compiled kernel module and the emulator agree on. This text stands before every
 * kernel source, and the emulator is compiled with it: no library header may be needed. */
#ifndef ELBO_EMULATOR_ABI_H
#define ELBO_EMULATOR_ABI_H

typedef unsigned int elbo_uint;
typedef unsigned long long elbo_bits;

struct uint3 { elbo_uint x, y, z; };

/* Where a thread waits, and for what. */
enum elbo_wait_kind {
	ELBO_WAIT_NONE,
	ELBO_WAIT_BLOCK,     /* __syncthreads and its counting forms */
	ELBO_WAIT_WARP,      /* shuffles, votes, __syncwarp */
	ELBO_WAIT_ELSEWHERE, /* __nanosleep: another thread or block is to make progress */
};

enum elbo_warp_op {
	ELBO_SHFL_IDX, ELBO_SHFL_UP, ELBO_SHFL_DOWN, ELBO_SHFL_XOR,
	ELBO_BALLOT, ELBO_ALL, ELBO_ANY, ELBO_SYNCWARP, ELBO_MATCH_ANY,
	ELBO_REDUCE_ADD, ELBO_REDUCE_MIN, ELBO_REDUCE_MAX,
	ELBO_REDUCE_AND, ELBO_REDUCE_OR, ELBO_REDUCE_XOR,
};

/* One wait: site tells textually different calls apart; value goes in, result comes out. */
struct elbo_wait {
	int kind, op;
	elbo_uint site, mask, lane, width;
	elbo_bits value, result;
};

enum elbo_fault_kind { ELBO_FAULT_TRAP, ELBO_FAULT_ASSERT, ELBO_FAULT_ALIGN, ELBO_FAULT_INDEX };

/* The state of the module while one of its kernels runs, written by the emulator. */
struct elbo_state {
	uint3 thread, block, block_dim, grid_dim;
	elbo_uint next, count; /* threads of the block in the order they start */
	const uint3 *order;
	unsigned char *dynamic; /* dynamic shared memory */
	elbo_uint dynamic_bytes;
	void (*suspend)(elbo_wait *);
	void (*fault)(int kind, elbo_bits what, const char *file, elbo_uint line);
	void (*access)(const volatile void *, elbo_uint bytes, int how);
};

/* How an instrumented access was made. */
enum { ELBO_READ, ELBO_WRITE, ELBO_ATOMIC_READ, ELBO_ATOMIC };

struct elbo_kernel {
	const char *name;
	void (*run)(const unsigned char *arguments); /* all threads of one block */
	elbo_uint parameters, bytes;
	const elbo_uint *offset, *size;
	const unsigned char *pointer; /* whether a parameter is a pointer */
	char *shared_begin, *shared_end;
	elbo_uint max_threads; /* of __launch_bounds__, 0 without */
};

#endif
