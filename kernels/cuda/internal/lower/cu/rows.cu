/* Rows by index. Adding rows keeps the order of the indices without sorting: positions of equal
 * index within a segment of the list are linked, and the thread of the first walks the chain. */

/* dst (n, width) from table (rows, width). */
template <class E>
ELBO_BODY void gather(double *s, elbo_u32 bx, elbo_u32 by, E *dst, const E *table, const elbo_i32 *idx, elbo_i64 total,
	elbo_i64 width, elbo_i64 rows, elbo_i64 instr, step_state *state)
{
	elbo_i64 e = elbo_element(bx), j;
	if (e >= total)
		return;
	elbo_i64 row = idx[elbo_split(e, width, &j)];
	if (row < 0 || row >= rows) {
		elbo_fail(state, instr, row, rows);
		return;
	}
	dst[e] = table[row * width + j];
}

/* link[i] = 1 + the next position of i's segment with the same index, or 0; complemented where an
 * earlier position of the segment has that index. Segments are multiples of a block. */
ELBO_BODY void link_rows(double *s, elbo_u32 bx, elbo_u32 by, elbo_i32 *link, const elbo_i32 *idx, elbo_i64 n,
	elbo_i64 rows, elbo_i64 segment, elbo_i64 instr, step_state *state)
{
	elbo_i32 *tile = (elbo_i32 *)s;
	elbo_i64 i = elbo_element(bx), from = i / segment * segment, to = from + segment < n ? from + segment : n;
	elbo_i32 mine = i < n ? idx[i] : -1, next = 0;
	bool first = true;
	for (elbo_i64 t = from; t < to; t += ELBO_THREADS) {
		__syncthreads();
		if (t + threadIdx.x < to)
			tile[threadIdx.x] = idx[t + threadIdx.x];
		__syncthreads();
		elbo_i32 m = (elbo_i32)(to - t < ELBO_THREADS ? to - t : ELBO_THREADS);
		for (elbo_i32 k = 0; k < m; k++) {
			bool same = tile[k] == mine;
			first = first && !(same && t + k < i);
			next = same && next == 0 && t + k > i ? (elbo_i32)(t + k) + 1 : next;
		}
	}
	if (i >= n)
		return;
	if (mine < 0 || mine >= rows) {
		elbo_fail(state, instr, mine, rows);
		first = false;
	}
	link[i] = first ? next : ~next;
}

/* acc (rows, width) += the rows of src at positions [start, start + count), a segment. */
template <class E>
ELBO_BODY void add_rows(double *s, elbo_u32 bx, elbo_u32 by, E *acc, const elbo_i32 *idx, const elbo_i32 *link,
	const real *src, elbo_i64 start, elbo_i64 count, elbo_i64 width)
{
	elbo_i64 j, i = start + elbo_split(elbo_element(bx), width, &j);
	if (i >= start + count || link[i] < 0)
		return;
	E *to = acc + idx[i] * width + j;
	double sum = (double)*to;
	for (elbo_i32 next = (elbo_i32)i + 1; next != 0;) {
		elbo_i64 p = next - 1;
		next = link[p] < 0 ? ~link[p] : link[p];
		sum += (double)src[p * width + j];
	}
	*to = (E)sum;
}

/* dst (rows, width) = for each row the sum of src at the positions with its index: every result looks
 * at all positions, which for few rows is the shortest way. Shared and joined like any sum over
 * leading axes (join.cu). */
ELBO_BODY void add_few(double *s, elbo_u32 bx, elbo_u32 by, real *dst, const elbo_i32 *idx, const real *src,
	double *part, elbo_u32 *done, elbo_i64 rows, elbo_i64 width, elbo_i64 n, elbo_i64 lanes, elbo_i64 segments,
	elbo_i64 segment, elbo_i64 instr, step_state *state)
{
	elbo_share w = elbo_shares_col(bx, (elbo_u32)lanes);
	elbo_i64 K = rows * width, k = w.kept, j, row = elbo_split(k, width, &j);
	elbo_i64 end = (by + 1) * segment < n ? (by + 1) * segment : n;
	double sum = 0.0;
	if (k < K)
		for (elbo_i64 i = by * segment + w.lane; i < end; i += lanes) {
			elbo_i64 at = idx[i];
			if (at == row)
				sum += (double)src[i * width + j];
			else if (k == 0 && (at < 0 || at >= rows))
				elbo_fail(state, instr, at, rows);
		}
	sum = elbo_fold(s, w, sum, ELBO_JOIN_SUM);
	if (w.lane == 0 && k < K) {
		if (segments == 1)
			dst[k] = (real)sum;
		else
			part[by * K + k] = sum;
	}
	if (segments > 1 && elbo_last(s, done + bx, (elbo_u32)segments)) {
		sum = elbo_gather_parts(s, w, part, K, (elbo_u32)segments, ELBO_JOIN_SUM);
		if (w.lane == 0 && k < K)
			dst[k] = (real)sum;
	}
}

/* float64 sums rounded to the program's type. */
ELBO_BODY void narrow(double *s, elbo_u32 bx, elbo_u32 by, real *dst, const double *src, elbo_i64 n)
{
	elbo_i64 e = elbo_element(bx);
	if (e < n)
		dst[e] = (real)src[e];
}
