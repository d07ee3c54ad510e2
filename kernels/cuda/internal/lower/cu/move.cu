/* Data movement, sources and conversions. Elements move as words E of their size. */

template <class E>
ELBO_BODY void zero(double *s, elbo_u32 bx, elbo_u32 by, E *dst, elbo_i64 n)
{
	elbo_i64 e = elbo_element(bx);
	if (e < n)
		dst[e] = 0;
}

/* dst[do + Σ c·ds] = src[so + Σ c·ss] over n points of the extents (·, d1, d2, d3). */
template <class E>
ELBO_BODY void move(double *s, elbo_u32 bx, elbo_u32 by, E *dst, const E *src, elbo_i64 n,
	elbo_i64 d1, elbo_i64 d2, elbo_i64 d3, elbo_i64 ds0, elbo_i64 ds1, elbo_i64 ds2, elbo_i64 ds3,
	elbo_i64 ss0, elbo_i64 ss1, elbo_i64 ss2, elbo_i64 ss3, elbo_i64 dst_at, elbo_i64 src_at)
{
	elbo_i64 e = elbo_element(bx), c1, c2, c3;
	if (e >= n)
		return;
	elbo_i64 c0 = elbo_split(elbo_split(elbo_split(e, d3, &c3), d2, &c2), d1, &c1);
	dst[dst_at + c0 * ds0 + c1 * ds1 + c2 * ds2 + c3 * ds3] = src[src_at + c0 * ss0 + c1 * ss1 + c2 * ss2 + c3 * ss3];
}

/* Transposes a batch (by) of matrices: dst (n, m) from src (m, n), in squares of 32. */
template <class E>
ELBO_BODY void flip(double *s, elbo_u32 bx, elbo_u32 by, E *dst, const E *src, elbo_i64 n, elbo_i64 m, elbo_i64 across)
{
	E *tile = (E *)s;
	elbo_i64 j0, i0 = 32 * elbo_split(bx, across, &j0), base = by * n * m;
	elbo_u32 x = threadIdx.x % 32u, y = threadIdx.x / 32u;
	j0 *= 32;
	for (elbo_u32 k = y; k < 32u; k += 8u)
		if (j0 + k < m && i0 + x < n)
			tile[k * 33u + x] = src[base + (j0 + k) * n + i0 + x];
	__syncthreads();
	for (elbo_u32 k = y; k < 32u; k += 8u)
		if (i0 + k < n && j0 + x < m)
			dst[base + (i0 + k) * m + j0 + x] = tile[x * 33u + k];
}

/* dst (outer, full, inner): src (outer, have, inner) from place start on, zeros elsewhere. */
template <class E>
ELBO_BODY void place(double *s, elbo_u32 bx, elbo_u32 by, E *dst, const E *src, elbo_i64 n,
	elbo_i64 full, elbo_i64 inner, elbo_i64 have, elbo_i64 start)
{
	elbo_i64 e = elbo_element(bx), i, a;
	if (e >= n)
		return;
	elbo_i64 outer = elbo_split(elbo_split(e, inner, &i), full, &a);
	a -= start;
	E x = 0;
	if (a >= 0 && a < have)
		x = src[(outer * have + a) * inner + i];
	dst[e] = x;
}

/* Lower triangles of matrices (rows, cols): columns up to row + k stay. */
template <class E>
ELBO_BODY void tril(double *s, elbo_u32 bx, elbo_u32 by, E *dst, const E *src, elbo_i64 n,
	elbo_i64 rows, elbo_i64 cols, elbo_i64 k)
{
	elbo_i64 e = elbo_element(bx), i, j;
	if (e >= n)
		return;
	elbo_split(elbo_split(e, cols, &j), rows, &i);
	E x = 0;
	if (j <= i + k)
		x = src[e];
	dst[e] = x;
}

/* Vectors (m) on the diagonals of zero matrices (m, m). */
template <class E>
ELBO_BODY void diag_embed(double *s, elbo_u32 bx, elbo_u32 by, E *dst, const E *src, elbo_i64 n, elbo_i64 m)
{
	elbo_i64 e = elbo_element(bx), i, j;
	if (e >= n)
		return;
	elbo_i64 b = elbo_split(elbo_split(e, m, &j), m, &i);
	E x = 0;
	if (i == j)
		x = src[b * m + i];
	dst[e] = x;
}

/* 0, 1, 2, … along rows of length m. */
ELBO_BODY void iota(double *s, elbo_u32 bx, elbo_u32 by, real *dst, elbo_i64 n, elbo_i64 m)
{
	elbo_i64 e = elbo_element(bx), j;
	if (e >= n)
		return;
	elbo_split(e, m, &j);
	dst[e] = (real)j;
}

ELBO_BODY void step(double *s, elbo_u32 bx, elbo_u32 by, real *dst, const step_state *state, elbo_i64 offset)
{
	if (threadIdx.x == 0u)
		dst[0] = (real)(state->step + (elbo_u64)offset);
}

/* bfloat16: the upper half of a float. */
struct elbo_bf16 {
	elbo_u16 bits;
	__device__ __forceinline__ operator float() const { return elbo_fromf((elbo_u32)bits << 16); }
};

template <class E>
ELBO_BODY void to_float(double *s, elbo_u32 bx, elbo_u32 by, real *dst, const E *src, elbo_i64 n)
{
	elbo_i64 e = elbo_element(bx);
	if (e < n)
		dst[e] = (real)src[e];
}

/* Rounds toward zero; NaN becomes -1, numbers beyond int32 its nearest end. */
ELBO_BODY void to_int(double *s, elbo_u32 bx, elbo_u32 by, elbo_i32 *dst, const real *src, elbo_i64 n)
{
	elbo_i64 e = elbo_element(bx);
	if (e >= n)
		return;
	double x = (double)src[e];
	x = x < -2147483648.0 ? -2147483648.0 : x > 2147483647.0 ? 2147483647.0 : x;
	elbo_i32 y = -1;
	if (x == x)
		y = (elbo_i32)x;
	dst[e] = y;
}
