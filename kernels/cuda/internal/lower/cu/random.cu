/* Random numbers (kernels/philox.go): a thread evaluates one counter and writes its four
 * elements, 32 apart, so that the stores of a warp are contiguous. */

ELBO_BODY void elbo_words(elbo_u32 c[4], elbo_i64 counter, elbo_i64 site, elbo_i64 seed, elbo_u64 step)
{
	c[0] = (elbo_u32)counter, c[1] = (elbo_u32)site, c[2] = (elbo_u32)step, c[3] = (elbo_u32)(step >> 32);
	elbo_philox(c, (elbo_u32)seed, (elbo_u32)((elbo_u64)seed >> 32));
}

/* The first element of a counter. */
ELBO_BODY elbo_i64 elbo_group(elbo_i64 counter) { return counter / 32 * 128 + counter % 32; }

ELBO_BODY void uniform(double *s, elbo_u32 bx, elbo_u32 by, real *dst, elbo_i64 n, elbo_i64 site, elbo_i64 seed,
	const step_state *state, elbo_i64 offset)
{
	elbo_i64 counter = elbo_element(bx), e = elbo_group(counter);
	elbo_u32 c[4];
	elbo_words(c, counter, site, seed, state->step + (elbo_u64)offset);
	for (int j = 0; j < 4; j++, e += 32)
		if (e < n)
			dst[e] = FN(elbo_uniform)(c[j]);
}

ELBO_BODY float elbo_flip_sign(float x, elbo_u32 bit2) { return elbo_fromf(elbo_bitsf(x) ^ (bit2 << 30)); }
ELBO_BODY double elbo_flip_sign(double x, elbo_u32 bit2) { return elbo_fromd(elbo_bitsd(x) ^ ((elbo_u64)bit2 << 62)); }

ELBO_BODY void normal(double *s, elbo_u32 bx, elbo_u32 by, real *dst, elbo_i64 n, elbo_i64 site, elbo_i64 seed,
	const step_state *state, elbo_i64 offset)
{
	elbo_i64 counter = elbo_element(bx), e = elbo_group(counter);
	elbo_u32 c[4];
	elbo_words(c, counter, site, seed, state->step + (elbo_u64)offset);
	for (int pair = 0; pair < 4; pair += 2, e += 64) {
		real r = real_sqrt(FN(elbo_radius2)(c[pair])), t = FN(elbo_angle)(c[pair + 1]);
		real sine = FN(elbo_sin_kernel)(t), cosine = FN(elbo_cos_kernel)(t);
		elbo_u32 turn = elbo_quarter(c[pair + 1]);
		real x = (turn & 1u) != 0u ? sine : cosine, y = (turn & 1u) != 0u ? cosine : sine;
		if (e < n)
			dst[e] = r * elbo_flip_sign(x, (turn + 1u) & 2u);
		if (e + 32 < n)
			dst[e + 32] = r * elbo_flip_sign(y, turn & 2u);
	}
}

/* The rows (b) of the step's minibatch of n rows: kernels.BatchRows. Each thread walks the cycle
 * of its own position. */
ELBO_BODY void batch_rows(double *s, elbo_u32 bx, elbo_u32 by, elbo_i32 *dst, elbo_i64 b, elbo_i64 n, elbo_i64 seed,
	const step_state *state, elbo_i64 offset)
{
	elbo_u32 *keys = (elbo_u32 *)s, half = 1u;
	elbo_u64 batches = (elbo_u64)((n + b - 1) / b), step = state->step + (elbo_u64)offset, epoch = step / batches;
	elbo_i64 start = (elbo_i64)(step % batches) * b, i = elbo_element(bx), at = start + i < n ? start + i : start;
	if (threadIdx.x < 2u) {
		elbo_u32 c[4];
		elbo_words(c, threadIdx.x, 193311626u, seed, epoch); /* the stream of "epoch order" */
		for (elbo_u32 k = 0u; k < 3u; k++)
			keys[3u * threadIdx.x + k] = c[k];
	}
	__syncthreads();
	while ((elbo_u64)(n - 1) >> (2u * half) != 0u)
		half++;
	if (i >= b)
		return;
	elbo_u32 mask = (1u << half) - 1u, x = (elbo_u32)at;
	do {
		elbo_u32 l = x >> half, r = x & mask;
		for (int k = 0; k < 6; k++) {
			elbo_u32 h = (r ^ keys[k]) * 0x9E3779B1u;
			h ^= h >> 15;
			h *= 0x85EBCA77u;
			h ^= h >> 13;
			h = l ^ (h & mask);
			l = r;
			r = h;
		}
		x = l << half | r;
	} while ((elbo_i64)x >= n);
	dst[i] = (elbo_i32)x;
}

/* Row i of dst (rows, width): the stream's first elements at step idx[i]. */
ELBO_BODY void uniform_rows(double *s, elbo_u32 bx, elbo_u32 by, real *dst, const elbo_i32 *idx, elbo_i64 rows,
	elbo_i64 width, elbo_i64 counters, elbo_i64 site, elbo_i64 seed)
{
	elbo_i64 counter, row = elbo_split(elbo_element(bx), counters, &counter), e = elbo_group(counter);
	if (row >= rows)
		return;
	elbo_u32 c[4];
	elbo_words(c, counter, site, seed, (elbo_u32)idx[row]);
	for (int j = 0; j < 4; j++, e += 32)
		if (e < width)
			dst[row * width + e] = FN(elbo_uniform)(c[j]);
}
