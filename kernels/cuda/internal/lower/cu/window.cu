/* Windows of images (N, H, W, C) as rows of a matrix (N·OH·OW, KH·KW·C), and back
 * (kernels.Window). A thread makes one element of the result. */
#define ELBO_WINDOW_PARAMS elbo_i64 h, elbo_i64 w, elbo_i64 c, elbo_i64 oh, elbo_i64 ow, elbo_i64 kh, elbo_i64 kw, \
	elbo_i64 sy, elbo_i64 sx, elbo_i64 py, elbo_i64 px

ELBO_BODY void im2col(double *s, elbo_u32 bx, elbo_u32 by, real *dst, const real *src, elbo_i64 n, ELBO_WINDOW_PARAMS)
{
	elbo_i64 e = elbo_element(bx), ch, j, i, x, y;
	if (e >= n)
		return;
	elbo_i64 image = elbo_split(elbo_split(elbo_split(elbo_split(elbo_split(e, c, &ch), kw, &j), kh, &i), ow, &x), oh, &y);
	i += y * sy - py;
	j += x * sx - px;
	real v = (real)0;
	if (i >= 0 && i < h && j >= 0 && j < w)
		v = src[((image * h + i) * w + j) * c + ch];
	dst[e] = v;
}

/* The sum over the windows that see a pixel, top to bottom and left to right, in float64. */
ELBO_BODY void col2im(double *s, elbo_u32 bx, elbo_u32 by, real *dst, const real *src, elbo_i64 n, ELBO_WINDOW_PARAMS)
{
	elbo_i64 e = elbo_element(bx), ch, j, i;
	if (e >= n)
		return;
	elbo_i64 image = elbo_split(elbo_split(elbo_split(e, c, &ch), w, &j), h, &i);
	i += py;
	j += px;
	elbo_i64 y0 = i < kh ? 0 : (i - kh) / sy + 1, x0 = j < kw ? 0 : (j - kw) / sx + 1;
	double sum = 0.0;
	for (elbo_i64 y = y0; y < oh && y * sy <= i; y++)
		for (elbo_i64 x = x0; x < ow && x * sx <= j; x++)
			sum += (double)src[((((image * oh + y) * ow + x) * kh + i - y * sy) * kw + j - x * sx) * c + ch];
	dst[e] = (real)sum;
}
