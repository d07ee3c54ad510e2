/* One sweep over the rows of X (N, P), row-major: a block takes tiles of T rows, and has the next one under
 * way while it works on one. X lies in shared memory in rows of LD elements, read V at a time; LD is such that
 * the threads of a warp meet in no bank. Values by row lie there too, element (r, k) at k·T + r. */

template <int V>
struct alignas(V * sizeof(real)) elbo_vec {
	real x[V];
};

/* The vectors of a tile that this thread brings in, C at most. Rows beyond the last are zeros. */
template <int P, int T, int V, int C>
ELBO_BODY void elbo_ahead(elbo_vec<V> (&a)[C], const real *x, elbo_i64 tile, elbo_i64 rows)
{
	const elbo_vec<V> *from = (const elbo_vec<V> *)x + tile * (T * P / V);
	elbo_i64 left = (rows - tile * T) * (P / V);
#pragma unroll
	for (int i = 0; i < C; i++) {
		elbo_u32 e = threadIdx.x + i * ELBO_THREADS;
		a[i] = elbo_vec<V>();
		if (e < T * P / V && e < left)
			a[i] = from[e];
	}
}

/* The same with rows idx of a table. */
template <int P, int T, int V, int C>
ELBO_BODY void elbo_ahead_by(elbo_vec<V> (&a)[C], const real *x, elbo_i64 tile, elbo_i64 rows, const elbo_i32 *idx,
	elbo_i64 table, elbo_i64 instr, step_state *state)
{
#pragma unroll
	for (int i = 0; i < C; i++) {
		elbo_u32 e = threadIdx.x + i * ELBO_THREADS, r = e / (P / V), c = e % (P / V);
		elbo_i64 row = tile * T + r;
		a[i] = elbo_vec<V>();
		if (r < T && row < rows) {
			elbo_i64 at = idx[row];
			if (at >= 0 && at < table)
				a[i] = ((const elbo_vec<V> *)x)[at * (P / V) + c];
			else
				elbo_fail(state, instr, at, table);
		}
	}
}

template <int P, int LD, int T, int V, int C>
ELBO_BODY void elbo_put(real *x, const elbo_vec<V> (&a)[C])
{
#pragma unroll
	for (int i = 0; i < C; i++) {
		elbo_u32 e = threadIdx.x + i * ELBO_THREADS, r = e / (P / V), c = e % (P / V);
		if (r < T)
			*(elbo_vec<V> *)(x + r * LD + c * V) = a[i];
	}
}

/* h (S, T) = X W for W (S, LD) in shared memory, 256/T threads a row. Runs of 16 terms are summed in the program's
 * type and these in float64. */
template <int P, int LD, int T, int V, int S>
ELBO_BODY void elbo_down(const real *x, const real *w, real *h)
{
	constexpr int L = ELBO_THREADS / T, RUN = 16 / V;
	elbo_u32 lane = threadIdx.x % L, r = threadIdx.x / L;
	double sum[S];
#pragma unroll
	for (int s = 0; s < S; s++)
		sum[s] = 0.0;
	for (elbo_u32 c0 = lane; c0 < P / V; c0 += L * RUN) {
		real part[S];
#pragma unroll
		for (int s = 0; s < S; s++)
			part[s] = (real)0;
#pragma unroll
		for (int i = 0; i < RUN; i++) {
			elbo_u32 c = c0 + i * L;
			if (c < P / V) {
				elbo_vec<V> a = *(const elbo_vec<V> *)(x + r * LD + c * V);
#pragma unroll
				for (int s = 0; s < S; s++) {
					elbo_vec<V> b = *(const elbo_vec<V> *)(w + s * LD + c * V);
#pragma unroll
					for (int v = 0; v < V; v++)
						part[s] = real_fma(a.x[v], b.x[v], part[s]);
				}
			}
		}
#pragma unroll
		for (int s = 0; s < S; s++)
			sum[s] += (double)part[s];
	}
#pragma unroll
	for (int h = L / 2; h > 0; h /= 2)
#pragma unroll
		for (int s = 0; s < S; s++)
			sum[s] += __shfl_xor_sync(0xffffffffu, sum[s], h);
	if (lane == 0)
#pragma unroll
		for (int s = 0; s < S; s++)
			h[s * T + r] = (real)sum[s];
}

/* acc += Xᵀ R of a tile for R (S, T): a thread has C times V neighbouring columns of X and every 256/W-th row. */
template <int P, int LD, int T, int V, int W, int C, int S>
ELBO_BODY void elbo_up(double (&acc)[C * V * S], const real *x, const real *g)
{
	constexpr int G = ELBO_THREADS / W, ROWS = (T + G - 1) / G;
	elbo_u32 first = threadIdx.x / W;
#pragma unroll
	for (int c = 0; c < C; c++) {
		elbo_u32 j = threadIdx.x % W + c * W;
		if (j < P / V)
#pragma unroll 1
			for (int i0 = 0; i0 < ROWS; i0 += 16) {
				real part[V * S];
#pragma unroll
				for (int i = 0; i < V * S; i++)
					part[i] = (real)0;
#pragma unroll(S > 4 ? 2 : 4)
				for (int i = i0; i < (i0 + 16 < ROWS ? i0 + 16 : ROWS); i++) {
					elbo_u32 r = first + i * G;
					if (T % G == 0 || r < T) {
						elbo_vec<V> a = *(const elbo_vec<V> *)(x + r * LD + j * V);
#pragma unroll
						for (int s = 0; s < S; s++)
#pragma unroll
							for (int v = 0; v < V; v++)
								part[s * V + v] = real_fma(a.x[v], g[s * T + r], part[s * V + v]);
					}
				}
#pragma unroll
				for (int i = 0; i < V * S; i++)
					acc[c * V * S + i] += (double)part[i];
			}
	}
}

/* The block's sums of elbo_up, to (S, P). */
template <int P, int V, int W, int C, int S>
ELBO_BODY void elbo_up_end(double *s, double (&acc)[C * V * S], double *to)
{
	elbo_share w = {threadIdx.x % W, threadIdx.x / W, ELBO_THREADS / W, W};
#pragma unroll
	for (int i = 0; i < C * V * S; i++) {
		double x = elbo_fold(s, w, acc[i], ELBO_JOIN_SUM);
		elbo_u32 j = w.kept + i / (V * S) * W;
		if (w.lane == 0u && j < P / V)
			to[i % (V * S) / V * P + j * V + i % V] = x;
	}
}

/* The block's sum by points of a row, or with one = true of all its threads. */
ELBO_BODY void elbo_row_sum(double *s, double x, elbo_u32 T, double *to, bool one, bool mine)
{
	elbo_u32 lanes = one ? ELBO_THREADS : T;
	elbo_share w = {0u, threadIdx.x % lanes, lanes, 1u};
	x = elbo_fold(s, w, x, ELBO_JOIN_SUM);
	if (w.lane == 0u && mine)
		*to = x;
}

/* The sum of n partials K apart, in order, several on their way at a time. */
ELBO_BODY double elbo_parts(const double *part, elbo_u64 K, elbo_u32 n)
{
	const volatile double *from = part; /* other blocks wrote it: not from this processor's cache */
	double x = 0.0;
	for (elbo_u32 i = 0u; i < n; i += 8u) {
		double a[8];
#pragma unroll
		for (elbo_u32 u = 0u; u < 8u; u++)
			a[u] = i + u < n ? from[(i + u) * K] : 0.0;
#pragma unroll
		for (elbo_u32 u = 0u; u < 8u; u++)
			x += a[u];
	}
	return x;
}

/* Joins part (blocks, K) as a tree: of every 32 blocks the last to finish joins theirs, and the last of those
 * that did gets true, to join what they left, which is (*groups, K) and follows the partials. */
ELBO_BODY bool elbo_tree(double *s, double *part, elbo_u32 *done, elbo_u32 bx, elbo_u32 blocks, elbo_u32 K,
	elbo_u32 *groups)
{
	elbo_u32 group = bx / 32u, first = group * 32u, members = blocks - first < 32u ? blocks - first : 32u;
	*groups = (blocks + 31u) / 32u;
	if (!elbo_last(s, done + 1u + group, members))
		return false;
	for (elbo_u32 k = threadIdx.x; k < K; k += ELBO_THREADS)
		part[(blocks + group) * (elbo_u64)K + k] = elbo_parts(part + first * (elbo_u64)K + k, K, members);
	return elbo_last(s, done, *groups);
}
