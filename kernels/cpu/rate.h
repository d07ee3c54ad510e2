/* The floor of arithmetic: fused multiply-adds on ten independent register accumulators. */
static double FN(fma_rate)(long rounds)
{
	enum { CHAINS = 10 };
	FN(vec) acc[CHAINS], x = FN(splat)((REAL)0.999), y = FN(splat)((REAL)0.001);
#pragma GCC unroll 10
	for (int i = 0; i < CHAINS; i++)
		acc[i] = FN(splat)((REAL)i);
	for (long r = 0; r < rounds; r++)
#pragma GCC unroll 10
		for (int i = 0; i < CHAINS; i++)
			acc[i] = VFMA(acc[i], x, y);
	REAL sum = 0;
	for (int i = 0; i < CHAINS; i++)
		sum += FN(lanes)(acc[i]);
	volatile REAL keep = sum;
	(void)keep;
	return 2.0 * (double)(CHAINS * VL) * (double)rounds;
}
