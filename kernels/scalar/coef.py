"""Writes poly.h: polynomial and rational kernels of scalar.h, fitted with mpmath.

Run `python3 coef.py > poly.h` (mpmath 1.3.0). Every fit interpolates at Chebyshev nodes,
which is within a small factor of minimax; the comment beside each gives the largest
error of the exact polynomial over the interval, absolute error of the fitted function
divided by its largest magnitude there.
"""
from mpmath import mp, mpf, cos, pi, matrix, lu_solve
import mpmath as m

mp.dps = 60


def nodes(a, b, n):
    a, b = mpf(a), mpf(b)
    return [(a + b) / 2 - (b - a) / 2 * cos((2 * k + 1) * pi / (2 * n)) for k in range(n)]


def fit(f, a, b, num, den=0):
    """Coefficients of P/Q, Q(0) = 1, deg P = num, deg Q = den, interpolating f."""
    n = num + den + 1
    xs = nodes(a, b, n)
    A, y = matrix(n, n), matrix(n, 1)
    for i, x in enumerate(xs):
        fx = f(x)
        for j in range(num + 1):
            A[i, j] = x**j
        for j in range(den):
            A[i, num + 1 + j] = -fx * x ** (j + 1)
        y[i] = fx
    c = lu_solve(A, y)
    return [c[j] for j in range(num + 1)], [mpf(1)] + [c[num + 1 + j] for j in range(den)]


def horner(c, x):
    r = mpf(0)
    for k in reversed(c):
        r = r * x + k
    return r


def literal(v, t):
    if t == "f":
        mp_prec, bits = mp.prec, 24
    else:
        mp_prec, bits = mp.prec, 53
    mp.prec = bits
    r = +v
    mp.prec = mp_prec
    h = float(r).hex()
    mant, exp = h.split("p")
    if "." in mant:
        mant = mant.rstrip("0").rstrip(".")
    return mant + "p" + exp + ("f" if t == "f" else "")


def emit(name, t, c, note):
    real, fma = ("float", "ELBO_FMAF") if t == "f" else ("double", "ELBO_FMA")
    s = [literal(v, t) for v in c]
    print(f"\n/* {note} */")
    print(f"ELBO_FN {real} elbo_{name}{t}({real} x)\n{{")
    if len(c) <= 7:
        print(f"\t{real} p = {s[-1]};")
        for v in reversed(s[:-1]):
            print(f"\tp = {fma}(p, x, {v});")
        print("\treturn p;\n}")
        return
    # Two chains in x*x halve the latency of a long polynomial.
    ev, od = s[0::2], s[1::2]
    print(f"\t{real} y = x * x;")
    print(f"\t{real} e = {ev[-1]};\n\t{real} o = {od[-1]};")
    for v in reversed(ev[:-1]):
        print(f"\te = {fma}(e, y, {v});")
    for v in reversed(od[:-1]):
        print(f"\to = {fma}(o, y, {v});")
    print(f"\treturn {fma}(o, x, e);\n}}")


def pinned(c, t):
    """c with its two lowest coefficients moved by about a rounding error, so that P(-1) = 1 as computed."""
    saved, mp.prec = mp.prec, 24 if t == "f" else 53
    grid = mpf(2) ** (1 - mp.prec)
    chain = [mpf(0), mpf(0)]
    for k in reversed(range(2, len(c))):
        chain[k % 2] = chain[k % 2] + (+c[k])
    odd = m.nint((chain[1] + c[1]) / grid) * grid
    c1, c0 = odd - chain[1], (1 + odd) - chain[0]
    assert (chain[0] + c0) - (chain[1] + c1) == 1
    mp.prec = saved
    return [c0, c1] + c[2:]


def poly(name, f, a, b, degs, what):
    for t, d in zip("fd", degs):
        c, _ = fit(f, a, b, d)
        xs = [mpf(a) + (mpf(b) - a) * k / 200 for k in range(201)]
        xs = [x if x != 0 else mpf(10) ** -12 for x in xs]
        fs = [f(x) for x in xs]
        err = max(abs(horner(c, x) - y) for x, y in zip(xs, fs)) / max(abs(y) for y in fs)
        emit(name, t, c, f"{what} on [{m.nstr(mpf(a), 6)}, {m.nstr(mpf(b), 6)}], error {m.nstr(err, 2)}")


def rational(name, f, spans, degs, what):
    for t, (a, b), (p, q) in zip("fd", spans, degs):
        num, den = fit(f, a, b, p, q)
        xs = [mpf(a) + (mpf(b) - a) * k / 200 for k in range(201)]
        err = max(abs(horner(num, x) / horner(den, x) / f(x) - 1) for x in xs)
        note = f"{what} on [{m.nstr(mpf(a), 6)}, {m.nstr(mpf(b), 6)}], relative error {m.nstr(err, 2)}"
        emit(name + "_num", t, num, "numerator of " + note)
        emit(name + "_den", t, den, "denominator of " + note)


def series(f, at, eps=mpf(10) ** -12):
    """f with its removable singularity at `at` stepped over."""
    return lambda x: f(x) if abs(x - at) > eps else (f(at + eps) + f(at - eps)) / 2


def exponentials():
    h = m.log(2) / 2 * mpf("1.001")
    poly("exp_q", series(lambda r: (m.expm1(r) - r) / r**2, 0), -h, h, (4, 10), "(e^x - 1 - x)/x^2")
    a, b = m.sqrt(mpf(1) / 2) - 1, m.sqrt(2) - 1
    f = series(lambda x: (m.log1p(x) - x + x * x / 2) / x**3, 0)
    poly_one("log_p", "f", f, a, b, 8, "(log(1+x) - x + x^2/2)/x^3")
    s = b / (2 + b)
    g = series(lambda z: (2 * m.atanh(m.sqrt(z)) / m.sqrt(z) - 2) / z if z > 0 else mpf(2) / 3, 0)
    poly_one("log_r", "d", g, 0, s * s * mpf("1.001"), 7, "(2 atanh(s)/s - 2)/s^2 of x = s^2")


def poly_one(name, t, f, a, b, d, what, finish=lambda c, t: c):
    c = finish(fit(f, a, b, d)[0], t)
    xs = [mpf(a) + (mpf(b) - a) * (k + mpf("0.37")) / 200 for k in range(200)]
    err = max(abs(horner(c, x) - f(x)) for x in xs) / max(abs(f(x)) for x in xs)
    emit(name, t, c, f"{what} on [{m.nstr(mpf(a), 6)}, {m.nstr(mpf(b), 6)}], error {m.nstr(err, 2)}")


def trigonometry():
    q = (m.pi / 4) ** 2 * mpf("1.001")
    rt = m.sqrt
    poly("sin_s", lambda z: (m.sin(rt(z)) / rt(z) - 1) / z if z > 0 else mpf(-1) / 6, 0, q, (3, 6),
         "(sin(s)/s - 1)/s^2 of x = s^2")
    poly("cos_c", lambda z: (m.cos(rt(z)) - 1 + z / 2) / z**2 if z > 0 else mpf(1) / 24, 0, q, (2, 6),
         "(cos(s) - 1 + s^2/2)/s^4 of x = s^2")
    poly("atan_p", lambda z: (m.atan(rt(z)) / rt(z) - 1) / z if z > 0 else -mpf(1) / 3, 0, 1, (9, 20),
         "(atan(s)/s - 1)/s^2 of x = s^2")


def errors():
    rt = m.sqrt
    poly("erf_p", lambda z: m.erf(rt(z)) / rt(z) if z > 0 else 2 / rt(m.pi), 0, mpf("0.25"), (5, 11),
         "erf(s)/s of x = s^2")
    for t, k, d in (("f", 2, 11), ("d", 4, 24)):
        def g(x, k=mpf(k)):
            z = k * (1 + x) / (1 - x)
            e = m.exp(z * z) * m.erfc(z) if z < 1e4 else 1 / (rt(m.pi) * z) * (1 - 1 / (2 * z * z))
            return (1 + 2 * z) * e
        mp.dps = 120
        poly_one("erfcx_p", t, g, -1, mpf(1) - mpf(10) ** -9, d,
                 f"(1+2z) e^(z^2) erfc(z) of x = (z-{k})/(z+{k})", pinned)
        mp.dps = 60


def ndtri(p):
    """Standard normal quantile, p < 1/2."""
    x = -m.sqrt(-2 * m.log(p)) if p < 0.02 else (p - mpf(1) / 2) * mpf("2.5")
    for _ in range(60):
        cdf = m.erfc(-x / m.sqrt(2)) / 2
        step = (m.log(cdf) - m.log(p)) * cdf / (m.exp(-x * x / 2) / m.sqrt(2 * m.pi))
        x -= step
        if abs(step) < abs(x) * mpf(10) ** -50:
            break
    return x


def quantile():
    c = mpf("0.425")
    central = lambda y: ndtri(mpf(1) / 2 - m.sqrt(y)) / -m.sqrt(y) if y > 0 else m.sqrt(2 * m.pi)
    tail = lambda r: -ndtri(m.exp(-r * r))
    r0, r1 = m.sqrt(-m.log(mpf("0.075"))), mpf(5)
    rational("norminv_a", lambda x: central(c * c - x), [(0, c * c)] * 2, [(3, 4), (8, 8)],
             "quantile(1/2+s)/s of x = 0.425^2 - s^2")
    rational("norminv_b", lambda x: tail(x + mpf("1.6")), [(r0 - mpf("1.6"), r1 - mpf("1.6"))] * 2,
             [(4, 4), (8, 8)], "-quantile(e^(-r^2)) of x = r - 1.6")
    rational("norminv_c", lambda x: tail(x + 5), [(0, mpf("5.4")), (0, mpf("22.5"))],
             [(3, 3), (9, 9)], "-quantile(e^(-r^2)) of x = r - 5")


def gammas():
    mp.dps = 90
    one = mpf(1)
    root = m.findroot(m.digamma, mpf("1.4616321449683623"))
    lg = lambda x: m.loggamma(x)

    def f0(t):
        u = t + 1
        if abs(u) < mpf(10) ** -20:
            return m.euler
        if abs(u - 1) < mpf(10) ** -20:
            return m.digamma(2)
        return lg(1 + u) / (u * (u - 1))
    poly("lgamma_p", f0, -1, 1, (13, 30), "lgamma(1+u)/(u(u-1)) of x = u - 1")
    poly("digamma_p", lambda t: m.digamma(2 + t) / (t + 2 - root) if abs(t + 2 - root) > 1e-30 else m.psi(1, root),
         -1, 1, (13, 30), "digamma(1+u)/(u - root) of x = u - 1")
    poly("trigamma_p", lambda t: m.psi(1, 2 + t), -1, 1, (15, 32), "trigamma(1+u) of x = u - 1")
    poly("tetragamma_p", lambda t: m.psi(2, 2 + t), -1, 1, (16, 34), "tetragamma(1+u) of x = u - 1")
    # Asymptotic corrections for arguments z of 3 and more, x = 1/z^2.
    lo = mpf(10) ** -12

    def at(f):
        return lambda w: f(1 / m.sqrt(w), w)
    hl = m.log(2 * m.pi) / 2
    top = one / 9
    poly("lgamma_s", at(lambda z, w: (lg(z) - (z - one / 2) * m.log(z) + z - hl) * z), lo, top, (4, 12),
         "(lgamma(z) - Stirling) z of x = 1/z^2")
    poly("digamma_s", at(lambda z, w: (m.log(z) - 1 / (2 * z) - m.digamma(z)) / w), lo, top, (4, 13),
         "(log z - 1/(2z) - digamma(z)) z^2 of x = 1/z^2")
    poly("trigamma_s", at(lambda z, w: (m.psi(1, z) - 1 / z - w / 2) * z**3), lo, top, (5, 14),
         "(trigamma(z) - 1/z - 1/(2z^2)) z^3 of x = 1/z^2")
    poly("tetragamma_s", at(lambda z, w: -(m.psi(2, z) + w + w / z) * z**4), lo, top, (6, 15),
         "-(tetragamma(z) + 1/z^2 + 1/z^3) z^4 of x = 1/z^2")
    hi = mpf(float(root))
    print(f"\n/* Root of the digamma function, high and low part: {m.nstr(root, 25)}. */")
    mp.prec = 24
    rf = +root
    mp.prec = 300
    print(f"#define ELBO_PSI_ROOT_HIF {literal(root, 'f')}\n#define ELBO_PSI_ROOT_LOF {literal(root - rf, 'f')}")
    print(f"#define ELBO_PSI_ROOT_HID {literal(root, 'd')}\n#define ELBO_PSI_ROOT_LOD {literal(root - hi, 'd')}")
    mp.dps = 60


def main():
    print("/* Code generated by coef.py with mpmath " + m.__version__ + "; DO NOT EDIT. */")
    print("#ifndef ELBO_POLY_H\n#define ELBO_POLY_H\n#include \"base.h\"")
    exponentials()
    trigonometry()
    errors()
    gammas()
    quantile()
    print("\n#endif")


main()
