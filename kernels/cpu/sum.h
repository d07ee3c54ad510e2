/* Sums of contiguous runs, in an order fixed by the length alone and equal on every
 * instruction set: 64 bytes of lanes, each adding every 16th (8th) element, then a tree. */

#define SUM_VECS (64 / ELBO_VBYTES)
#define SUM_LANES (SUM_VECS * (long)VL)

static inline __attribute__((unused)) REAL FN(sum)(const REAL *x, long n)
{
	if (n < SUM_LANES) {
		REAL s = 0;
		for (long i = 0; i < n; i++)
			s += x[i];
		return s;
	}
	FN(vec) acc[SUM_VECS];
	for (int v = 0; v < SUM_VECS; v++)
		acc[v] = VLOAD(x + v * VL);
	long i = SUM_LANES;
	for (; i + SUM_LANES <= n; i += SUM_LANES)
		for (int v = 0; v < SUM_VECS; v++)
			acc[v] += VLOAD(x + i + v * VL);
	for (int v = 0; v < SUM_VECS && i < n; v++, i += VL)
		acc[v] += FN(first)(VLOAD(x + i), n - i);
	for (int w = SUM_VECS / 2; w > 0; w /= 2)
		for (int v = 0; v < w; v++)
			acc[v] += acc[v + w];
	return FN(lanes)(acc[0]);
}

/* The same for long runs: blocks of 1024 whose sums are added in double. */
static inline __attribute__((unused)) double FN(sum_long)(const REAL *x, long n)
{
	double s = 0;
	for (long i = 0; i < n; i += 1024)
		s += FN(sum)(x + i, n - i < 1024 ? n - i : 1024);
	return s;
}

static inline __attribute__((unused)) void FN(accumulate)(REAL *restrict acc, const REAL *restrict x, long n)
{
	for (long i = 0; i < n; i++)
		acc[i] += x[i];
}

/* Adds acc to wide and clears it. */
static inline __attribute__((unused)) void FN(spill)(double *restrict wide, REAL *restrict acc, long n)
{
	for (long i = 0; i < n; i++) {
		wide[i] += acc[i];
		acc[i] = 0;
	}
}
