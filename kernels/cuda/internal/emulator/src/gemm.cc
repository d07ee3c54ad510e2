/* op(A) and op(B) are unpacked to rows and columns of the computing type, then multiplied in
 * tiles small enough for registers. Every element is one sum over k in order. */
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>
#include "gemm.h"

namespace emu {

size_t element_bytes(int type) { return type == F64 ? 8 : type == F32 ? 4 : 2; }

static float from_half(uint16_t h)
{
	int exponent = h >> 10 & 31, fraction = h & 1023;
	float v = exponent == 0    ? std::ldexp((float)fraction, -24)
	          : exponent == 31 ? (fraction ? NAN : INFINITY)
	                           : std::ldexp((float)(fraction + 1024), exponent - 25);
	return h >> 15 ? -v : v;
}

static float from_bf16(uint16_t h)
{
	uint32_t bits = (uint32_t)h << 16;
	float v;
	memcpy(&v, &bits, 4);
	return v;
}

static uint16_t to_bf16(float v)
{
	uint32_t bits;
	memcpy(&bits, &v, 4);
	if (v != v)
		return (uint16_t)(bits >> 16 | 64);
	return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static uint16_t to_half(float v)
{
	_Float16 h = (_Float16)v;
	uint16_t bits;
	memcpy(&bits, &h, 2);
	return bits;
}

/* tf32 rounds to nearest, ties away, as the tensor cores' conversion does. */
static float tf32(float v)
{
	uint32_t bits;
	memcpy(&bits, &v, 4);
	if ((bits & 0x7f800000) != 0x7f800000)
		bits = (bits + 0x1000) & 0xffffe000;
	memcpy(&v, &bits, 4);
	return v;
}

static double load(const void *p, size_t i, int type)
{
	switch (type) {
	case F64: return ((const double *)p)[i];
	case F16: return from_half(((const uint16_t *)p)[i]);
	case BF16: return from_bf16(((const uint16_t *)p)[i]);
	}
	return ((const float *)p)[i];
}

static void store(void *p, size_t i, int type, double v)
{
	switch (type) {
	case F64: ((double *)p)[i] = v; break;
	case F16: ((uint16_t *)p)[i] = to_half((float)v); break;
	case BF16: ((uint16_t *)p)[i] = to_bf16((float)v); break;
	default: ((float *)p)[i] = (float)v;
	}
}

/* unpack lays count vectors of length k out so that element (i, j) is at j*stride + i. */
template <class T>
static std::vector<T> unpack(const void *p, int type, size_t ld, bool along, size_t count, size_t k, size_t stride,
                             bool round)
{
	std::vector<T> out(stride * k, T(0));
	for (size_t j = 0; j < k; j++)
		for (size_t i = 0; i < count; i++) {
			size_t at = along ? j * ld + i : i * ld + j;
			T v = type == F32 ? (T)((const float *)p)[at] : (T)load(p, at, type);
			out[j * stride + i] = round ? (T)tf32((float)v) : v;
		}
	return out;
}

#pragma GCC push_options
#pragma GCC optimize("O3")
static const size_t tile_m = 16, tile_n = 4;

template <class T>
static void tile(const T *a, const T *b, size_t sa, size_t sb, size_t k, T out[tile_n][tile_m])
{
	T sum[tile_n][tile_m] = {};
	for (size_t j = 0; j < k; j++, a += sa, b += sb)
		for (size_t y = 0; y < tile_n; y++)
			for (size_t x = 0; x < tile_m; x++)
				sum[y][x] += a[x] * b[y];
	memcpy(out, sum, sizeof sum);
}

#pragma GCC pop_options

template <class T> static void multiply_tiles(const Product &p)
{
	size_t sa = (p.m + tile_m - 1) / tile_m * tile_m, sb = (p.n + tile_n - 1) / tile_n * tile_n;
	std::vector<T> a, b;
	if (p.k && p.alpha != 0) {
		a = unpack<T>(p.a, p.type_a, p.lda, !p.trans_a, p.m, p.k, sa, p.tf32);
		b = unpack<T>(p.b, p.type_b, p.ldb, p.trans_b, p.n, p.k, sb, p.tf32);
	}
	size_t k = a.empty() ? 0 : p.k;
	for (size_t j = 0; j < p.n; j += tile_n)
		for (size_t i = 0; i < p.m; i += tile_m) {
			T sum[tile_n][tile_m];
			tile<T>(a.data() + i, b.data() + j, sa, sb, k, sum);
			for (size_t y = 0; y < std::min(tile_n, p.n - j); y++)
				for (size_t x = 0; x < std::min(tile_m, p.m - i); x++) {
					size_t at = (j + y) * p.ldc + i + x;
					T v = (T)p.alpha * sum[y][x];
					if (p.beta != 0)
						v += (T)p.beta * (T)load(p.c, at, p.type_c);
					store(p.c, at, p.type_c, (double)v);
				}
		}
}

void gemm(const Product &p)
{
	if (p.doubles)
		multiply_tiles<double>(p);
	else
		multiply_tiles<float>(p);
}

} // namespace emu
