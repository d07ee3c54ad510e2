/* Rows of a minibatch: kernels.BatchRows. The permutation walks its cycle until it lands
 * inside [0, n), so a pass over all positions leaves some to be walked again; those are packed
 * together and the next pass is over them alone. */
#include "../scalar/philox.h"

typedef struct {
	uint32_t n, mask, half, keys[6];
} elbo_order;

static void order_init(elbo_order *o, uint64_t n, uint64_t seed, uint64_t epoch)
{
	uint32_t stream = 2166136261u, bits = 0;
	for (const char *s = "epoch order"; *s; s++)
		stream = (stream ^ (uint32_t)*s) * 16777619u;
	while (bits < 32 && (n - 1) >> bits)
		bits++;
	o->n = (uint32_t)n;
	o->half = (bits + 1) / 2 > 1 ? (bits + 1) / 2 : 1;
	o->mask = (1u << o->half) - 1;
	for (uint32_t i = 0; i < 2; i++) {
		elbo_u32 w[4] = {i, stream, (elbo_u32)epoch, (elbo_u32)(epoch >> 32)};
		elbo_philox(w, (elbo_u32)seed, (elbo_u32)(seed >> 32));
		for (int k = 0; k < 3; k++)
			o->keys[3 * i + (uint32_t)k] = w[k];
	}
}

/* One turn of the network for m values in place. */
static void order_turn(const elbo_order *o, uint32_t *v, long m)
{
	uint32_t half = o->half, mask = o->mask;
	uint32_t k0 = o->keys[0], k1 = o->keys[1], k2 = o->keys[2], k3 = o->keys[3], k4 = o->keys[4], k5 = o->keys[5];
#define ORDER_ROUND(l, r, key) \
	h = (r ^ key) * 0x9E3779B1u; \
	h ^= h >> 15; \
	h *= 0x85EBCA77u; \
	h ^= h >> 13; \
	l ^= h & mask;
	for (long i = 0; i < m; i++) {
		uint32_t l = v[i] >> half, r = v[i] & mask, h;
		ORDER_ROUND(l, r, k0)
		ORDER_ROUND(r, l, k1)
		ORDER_ROUND(l, r, k2)
		ORDER_ROUND(r, l, k3)
		ORDER_ROUND(l, r, k4)
		ORDER_ROUND(r, l, k5)
		v[i] = l << half | r;
	}
#undef ORDER_ROUND
}

/* dst[i] = the row at position start + i, for count positions that are all below n. */
static void order_rows(const elbo_order *o, int32_t *dst, uint32_t start, long count)
{
	enum { BLOCK = 512 };
	uint32_t v[BLOCK], at[BLOCK];
	for (long b = 0; b < count; b += BLOCK, dst += BLOCK) {
		long m = count - b < BLOCK ? count - b : BLOCK;
		for (long i = 0; i < m; i++) {
			v[i] = start + (uint32_t)(b + i);
			at[i] = (uint32_t)i;
		}
		while (m > 0) {
			long out = 0;
			order_turn(o, v, m);
			for (long i = 0; i < m; i++) {
				uint32_t row = v[i], to = at[i];
				dst[to] = (int32_t)row;
				v[out] = row;
				at[out] = to;
				out += row >= o->n;
			}
			m = out;
		}
	}
}

/* Result v0 (b) int32. d: b, n. */
static void batch_rows(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	uint64_t b = (uint64_t)in->d[0], n = (uint64_t)in->d[1], batches = (n + b - 1) / b;
	uint64_t start = ctx->step % batches * b, have = n - start < b ? n - start : b;
	int32_t *dst = (int32_t *)ctx->ptr[in->v[0]];
	elbo_order order;
	(void)lo, (void)hi, (void)tls;
	order_init(&order, n, ctx->seed, ctx->step / batches);
	order_rows(&order, dst, (uint32_t)start, (long)have);
	for (uint64_t i = have; i < b; i++)
		dst[i] = dst[0];
}
