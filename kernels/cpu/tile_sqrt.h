/* Correctly rounded square roots of n elements, n a multiple of a block. */
ELBO_INLINE void SUF(sqrt_pass)(long n, const REAL *a, REAL *o)
{
#if ELBO_ISA == 4 && IS_F32
	for (long i = 0; i < n; i += 16)
		_mm512_storeu_ps(o + i, _mm512_sqrt_ps(_mm512_loadu_ps(a + i)));
#elif ELBO_ISA == 4
	for (long i = 0; i < n; i += 8)
		_mm512_storeu_pd(o + i, _mm512_sqrt_pd(_mm512_loadu_pd(a + i)));
#elif ELBO_ISA == 3 && IS_F32
	for (long i = 0; i < n; i += 8)
		_mm256_storeu_ps(o + i, _mm256_sqrt_ps(_mm256_loadu_ps(a + i)));
#elif ELBO_ISA == 3
	for (long i = 0; i < n; i += 4)
		_mm256_storeu_pd(o + i, _mm256_sqrt_pd(_mm256_loadu_pd(a + i)));
#elif IS_F32
	for (long i = 0; i < n; i++)
		o[i] = ELBO_SQRTF(a[i]);
#else
	for (long i = 0; i < n; i++)
		o[i] = ELBO_SQRT(a[i]);
#endif
}
