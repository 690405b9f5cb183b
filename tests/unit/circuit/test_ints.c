/* SPDX-License-Identifier: Apache-2.0 */
/* Every integer operation against the integers: exhaustive at small widths, edges and random values
 * at large ones. */
#include "harness.h"

typedef struct shape {
	unsigned wx, wy;
	bool sx, sy;
	int64_t p, q; /* parameters of the operation */
} shape;

typedef quo_int build_fn(quo_builder *b, quo_int x, quo_int y, const shape *s);
/* The expected value, and whether these inputs count. 128 bits hold every exact result. */
typedef bool want_fn(int64_t x, int64_t y, const shape *s, int64_t *want);

static size_t fill_values(uint64_t *v, size_t cap, unsigned width, uint64_t *rng)
{
	uint64_t mask = width >= 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
	size_t n = 0;

	for (unsigned k = 0; k < width && n + 3 < cap; k++) {
		v[n++] = (UINT64_C(1) << k) & mask;
		v[n++] = ((UINT64_C(1) << k) - 1) & mask;
		v[n++] = (0 - (UINT64_C(1) << k)) & mask;
	}
	while (n < cap)
		v[n++] = (next_random(rng) >> (next_random(rng) % 64)) & mask;
	return n;
}

/* Builds op at one shape and goal; checks it on every (or many) pair; returns the AND count. */
static uint32_t check(const char *name, const shape *s, quo_goal goal, build_fn *build,
		      want_fn *want)
{
	enum { MANY = 4000 };
	quo_builder *b = quo_builder_new(goal);
	quo_int x = { .width = 0 }, y = { .width = 0 };
	uint64_t rng = 7;
	size_t n;

	if (s->wx)
		x = quo_input(b, "x", QUO_PORT_BITS, s->wx, s->sx, false);
	if (s->wy)
		y = quo_input(b, "y", QUO_PORT_BITS, s->wy, s->sy, false);
	quo_int z = build(b, x, y, s);
	unsigned width = z.width;
	bool is_signed = z.is_signed;
	quo_output(b, "z", width ? z : quo_const(0, 1, false));
	quo_circuit *c = finish(b);

	bool all = s->wx + s->wy <= 12;
	n = all ? (size_t)1 << (s->wx + s->wy) : MANY;
	uint64_t *in[2] = { calloc(n + 1, 8), calloc(n + 1, 8) }, *out = calloc(n + 1, 8);
	if (all) {
		for (size_t i = 0; i < n; i++) {
			in[0][i] = i & ((1u << s->wx) - 1);
			in[1][i] = i >> s->wx;
		}
	} else {
		uint64_t ex[200], ey[200];
		fill_values(ex, 200, s->wx, &rng);
		fill_values(ey, 200, s->wy, &rng);
		for (size_t i = 0; i < n; i++) {
			in[0][i] = ex[next_random(&rng) % 200];
			in[1][i] = s->wy ? ey[next_random(&rng) % 200] : 0;
		}
	}
	const uint64_t *ports[2] = { in[s->wx ? 0 : 1], in[1] };
	run_circuit(c, n, ports, &out);
	for (size_t i = 0; i < n; i++) {
		int64_t vx = as_int(in[0][i], s->wx, s->sx), vy = as_int(in[1][i], s->wy, s->sy),
			w = 0;
		if (!want(vx, vy, s, &w))
			continue;
		int64_t got = as_int(out[i], width, is_signed);
		if (got != w)
			fail_msg("%s: x = %lld (%u%s) y = %lld (%u%s) p = %lld q = %lld: got %lld, "
				 "not %lld",
				 name, (long long)vx, s->wx, s->sx ? "s" : "u", (long long)vy,
				 s->wy, s->sy ? "s" : "u", (long long)s->p, (long long)s->q,
				 (long long)got, (long long)w);
	}
	free(in[0]);
	free(in[1]);
	free(out);
	uint32_t n_and = c->n_and;
	quo_circuit_free(c);
	return n_and;
}

/* All small shapes of two operands, and a few wide ones, at both goals. */
static void check_pairs(const char *name, build_fn *build, want_fn *want)
{
	static const unsigned wide[][2] = { { 22, 22 }, { 8, 31 }, { 31, 5 }, { 40, 33 } };

	for (int goal = QUO_SMALL; goal <= QUO_SHALLOW; goal++) {
		for (unsigned signs = 0; signs < 4; signs++) {
			shape s = { .sx = signs & 1, .sy = signs >> 1 };
			for (s.wx = 0; s.wx <= 5; s.wx++)
				for (s.wy = 0; s.wy <= 5; s.wy++)
					check(name, &s, (quo_goal)goal, build, want);
			for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
				s.wx = wide[i][0];
				s.wy = wide[i][1];
				check(name, &s, (quo_goal)goal, build, want);
			}
		}
	}
}

/* One operand and parameters p = p0..p1. */
static void check_singles(const char *name, build_fn *build, want_fn *want, int64_t p0, int64_t p1,
			  unsigned widest)
{
	for (int goal = QUO_SMALL; goal <= QUO_SHALLOW; goal++) {
		for (unsigned sign = 0; sign < 2; sign++) {
			for (int64_t p = p0; p <= p1; p++) {
				shape s = { .sx = sign, .p = p };
				for (s.wx = 1; s.wx <= 8; s.wx++)
					check(name, &s, (quo_goal)goal, build, want);
				s.wx = widest;
				check(name, &s, (quo_goal)goal, build, want);
			}
		}
	}
}

/* ---- the operations ---- */
#define BUILD(name_, ...) \
	static quo_int build_##name_(quo_builder *b, quo_int x, quo_int y, const shape *s) \
	{ \
		(void)b, (void)x, (void)y, (void)s; \
		return __VA_ARGS__; \
	}
#define WANT(name_, ...) \
	static bool want_##name_(int64_t x, int64_t y, const shape *s, int64_t *want) \
	{ \
		(void)x, (void)y, (void)s; \
		*want = __VA_ARGS__; \
		return true; \
	}

static int64_t low_bits(int64_t v, unsigned width, bool is_signed)
{
	return as_int((uint64_t)v, width, is_signed);
}

static int64_t rs(int64_t x, int64_t s)
{
	if (s <= 0)
		return x * (INT64_C(1) << -s);
	if (s > 62)
		return 0;
	return (x + (INT64_C(1) << (s - 1))) >> s;
}

static int64_t length(int64_t x)
{
	return quo_bit_length((uint64_t)x);
}

BUILD(add, quo_add(b, x, y))
WANT(add, x + y)
BUILD(sub, quo_sub(b, x, y))
WANT(sub, x - y)
BUILD(add_mod, quo_add_mod(b, x, y, (unsigned)s->p))
WANT(add_mod, low_bits(x + y, (unsigned)s->p, s->sx && s->wx))
BUILD(less, quo_int_from_bit(quo_less(b, x, y)))
WANT(less, x < y)
BUILD(equal, quo_int_from_bit(quo_equal(b, x, y)))
WANT(equal, x == y)
BUILD(max, quo_max(b, x, y))
WANT(max, x > y ? x : y)
BUILD(mux, quo_mux(b, s->wx ? x.bit[0] : 0, x, y))
WANT(mux, x & 1 ? x : y)
BUILD(xor_int, quo_xor_int(b, x, y))
WANT(xor_int, low_bits(x, s->wx, false) ^ low_bits(y, s->wy, false))
BUILD(or_int, quo_or_int(b, x, y))
WANT(or_int, low_bits(x, s->wx, false) | low_bits(y, s->wy, false))
BUILD(and_bit, quo_and_bit(b, x, s->wy ? y.bit[0] : QUO_WIRE_1))
WANT(and_bit, s->wy && !(y & 1) ? 0 : x)

BUILD(neg, quo_neg(b, x))
WANT(neg, -x)
BUILD(abs, quo_abs(b, x))
WANT(abs, x < 0 ? -x : x)
BUILD(mag, quo_mag(b, x))
WANT(mag, x < 0 ? ~x : x)
BUILD(nonzero, quo_int_from_bit(quo_nonzero(b, x)))
WANT(nonzero, x != 0)
BUILD(mul, quo_mul_const(b, x, (uint32_t)s->p))
WANT(mul, x * s->p)
BUILD(shl, quo_shl(x, (unsigned)s->p))
WANT(shl, x *(INT64_C(1) << s->p))
BUILD(resize, quo_resize(x, (unsigned)s->p, s->sx))
WANT(resize, low_bits(x, (unsigned)s->p, s->sx))
BUILD(slice, quo_slice(x, (unsigned)s->p, 3, true))
WANT(slice, low_bits(x >> s->p, 3, true))
BUILD(not_int, quo_not_int(b, x, (unsigned)s->p))
WANT(not_int, low_bits(~x, (unsigned)s->p, true))
BUILD(round_shift, quo_round_shift(b, x, (int)s->p))
WANT(round_shift, rs(x, s->p))

static quo_int build_len(quo_builder *b, quo_int x, quo_int y, const shape *s)
{
	(void)y;
	return quo_len(b, quo_resize(x, s->wx, false));
}
WANT(len, length(low_bits(x, s->wx, false)))

/* p: the low end, q: the high end */
BUILD(clamp, quo_clamp(b, x, (int32_t)s->p, (int32_t)s->q))
WANT(clamp, x<s->p ? s->p : x> s->q ? s->q : x)

/* p: result width; y: the shift, unsigned */
BUILD(round_by, quo_round_shift_by(b, x, y, (unsigned)s->p))
WANT(round_by, low_bits(rs(x, y), (unsigned)s->p, s->sx))
BUILD(right_by, quo_shift_right_by(b, x, y, (unsigned)s->p))
WANT(right_by, low_bits(y > 62 ? -(x < 0) : x >> y, (unsigned)s->p, s->sx))
/* q: the promised largest shift */
BUILD(right_upto, quo_shift_right_upto(b, x, y, (unsigned)s->q, (unsigned)s->p))
static bool want_right_upto(int64_t x, int64_t y, const shape *s, int64_t *want)
{
	*want = low_bits(x >> y, (unsigned)s->p, s->sx);
	return y <= s->q;
}
/* the carry is bit 0 of y */
BUILD(add_carry, quo_add_carry(b, x, y, s->wy ? y.bit[0] : QUO_WIRE_0, (unsigned)s->p))
WANT(add_carry, low_bits(x + y + (y & 1), (unsigned)s->p, s->sx && s->wx))

BUILD(mul_int, quo_mul(b, x, y))
WANT(mul_int, x *y)
BUILD(square, quo_square(b, x))
WANT(square, x *x)
BUILD(isqrt, quo_isqrt(b, x))
static bool want_isqrt(int64_t x, int64_t y, const shape *s, int64_t *want)
{
	uint64_t v = (uint64_t)low_bits(x, s->wx, false), root = 0;

	(void)y;
	for (uint64_t bit = UINT64_C(1) << 30; bit; bit >>= 1)
		if ((root + bit) * (root + bit) <= v)
			root += bit;
	*want = (int64_t)root;
	return true;
}

/* p: the quotient's width; q: 0 or 1, the divisor's carry, 2: bit 0 of y */
static quo_wire div_carry(quo_int y, const shape *s)
{
	return s->q < 2 ? (quo_wire)s->q : s->wy ? y.bit[0] : QUO_WIRE_0;
}
BUILD(div, quo_div(b, x, y, div_carry(y, s), (unsigned)s->p))
static bool want_div(int64_t x, int64_t y, const shape *s, int64_t *want)
{
	int64_t d = y + (s->q < 2 ? s->q : y & 1);

	if (d == 0)
		return false;
	*want = x / d - (x % d < 0);
	return *want == low_bits(*want, (unsigned)s->p, s->sx);
}

static void test_pairs(void **state)
{
	(void)state;
	check_pairs("add", build_add, want_add);
	check_pairs("sub", build_sub, want_sub);
	check_pairs("less", build_less, want_less);
	check_pairs("equal", build_equal, want_equal);
	check_pairs("max", build_max, want_max);
	check_pairs("mux", build_mux, want_mux);
	check_pairs("xor", build_xor_int, want_xor_int);
	check_pairs("or", build_or_int, want_or_int);
	check_pairs("and_bit", build_and_bit, want_and_bit);
}

static void test_mod(void **state)
{
	(void)state;
	for (int goal = QUO_SMALL; goal <= QUO_SHALLOW; goal++) {
		for (unsigned signs = 0; signs < 4; signs++) {
			shape s = { .sx = signs & 1, .sy = signs >> 1 };
			for (s.p = 1; s.p < 9; s.p++) {
				for (s.wx = 1; s.wx <= 5; s.wx += 2) {
					for (s.wy = 0; s.wy <= 5; s.wy++) {
						check("add_mod", &s, (quo_goal)goal, build_add_mod,
						      want_add_mod);
						check("add_carry", &s, (quo_goal)goal,
						      build_add_carry, want_add_carry);
					}
				}
			}
			s = (shape){ 22, 22, signs & 1, signs >> 1, 22, 0 };
			check("add_mod", &s, (quo_goal)goal, build_add_mod, want_add_mod);
		}
	}
}

static void test_singles(void **state)
{
	(void)state;
	check_singles("neg", build_neg, want_neg, 0, 0, 33);
	check_singles("abs", build_abs, want_abs, 0, 0, 33);
	check_singles("mag", build_mag, want_mag, 0, 0, 33);
	check_singles("nonzero", build_nonzero, want_nonzero, 0, 0, 33);
	check_singles("len", build_len, want_len, 0, 0, 40);
	check_singles("mul", build_mul, want_mul, 0, 70, 25);
	check_singles("mul", build_mul, want_mul, 255, 257, 25);
	check_singles("mul", build_mul, want_mul, UINT32_MAX - 1, UINT32_MAX, 30);
	check_singles("shl", build_shl, want_shl, 0, 9, 30);
	check_singles("resize", build_resize, want_resize, 1, 10, 30);
	check_singles("slice", build_slice, want_slice, 0, 10, 30);
	check_singles("not", build_not_int, want_not_int, 1, 10, 30);
	check_singles("round_shift", build_round_shift, want_round_shift, -3, 12, 30);
}

static void test_products(void **state)
{
	static const unsigned wide[][2] = {
		{ 22, 22 }, { 8, 31 }, { 31, 5 }, { 27, 30 }, { 16, 16 }
	};

	(void)state;
	for (int goal = QUO_SMALL; goal <= QUO_SHALLOW; goal++) {
		for (unsigned signs = 0; signs < 4; signs++) {
			shape s = { .sx = signs & 1, .sy = signs >> 1 };
			for (s.wx = 0; s.wx <= 6; s.wx++)
				for (s.wy = 0; s.wy <= 6; s.wy++)
					check("mul_int", &s, (quo_goal)goal, build_mul_int,
					      want_mul_int);
			for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
				s.wx = wide[i][0];
				s.wy = wide[i][1];
				check("mul_int", &s, (quo_goal)goal, build_mul_int, want_mul_int);
			}
		}
	}
	for (unsigned width = 9; width <= 31; width++)
		check_singles("square", build_square, want_square, 0, 0, width);
}

static void test_roots(void **state)
{
	(void)state;
	for (unsigned width = 9; width <= 62; width += width < 16 ? 1 : 23)
		check_singles("isqrt", build_isqrt, want_isqrt, 0, 0, width);
}

static void test_quotients(void **state)
{
	static const unsigned wide[][2] = {
		{ 22, 8 }, { 12, 12 }, { 40, 20 }, { 9, 30 }, { 50, 62 }
	};

	(void)state;
	for (int goal = QUO_SMALL; goal <= QUO_SHALLOW; goal++) {
		for (unsigned sign = 0; sign < 2; sign++) {
			shape s = { .sx = sign };
			for (s.q = 0; s.q <= 2; s.q++) {
				for (s.wx = 0; s.wx <= 7; s.wx++)
					for (s.wy = 0; s.wy <= 5; s.wy++)
						for (s.p = 1; s.p <= 8; s.p++)
							check("div", &s, (quo_goal)goal, build_div,
							      want_div);
				for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
					s.wx = wide[i][0];
					s.wy = wide[i][1];
					for (s.p = 5; s.p <= 50; s.p += 9)
						check("div", &s, (quo_goal)goal, build_div,
						      want_div);
				}
			}
		}
	}
}

/* What does not fit is refused when the circuit is finished, not wrapped. */
static void test_too_wide(void **state)
{
	static const char *const text[] = { "a product", "a square", "a quotient",
					    "a square root" };

	(void)state;
	for (int op = 0; op < 4; op++) {
		quo_err err = QUO_ERR_INIT;
		quo_builder *b = quo_builder_new(QUO_SMALL);
		quo_int x = quo_input(b, "x", QUO_PORT_BITS, 63, false, false);
		quo_output(b, "z",
			   op == 0   ? quo_mul(b, x, quo_resize(x, 2, false))
			   : op == 1 ? quo_square(b, quo_resize(x, 33, false))
			   : op == 2 ? quo_div(b, x, x, QUO_WIRE_1, 4)
				     : quo_isqrt(b, x));
		assert_null(quo_circuit_finish(b, &err));
		assert_non_null(strstr(err.text, text[op]));
	}
}

static void test_clamp(void **state)
{
	static const int64_t ends[][2] = { { -127, 127 }, { 0, 127 },  { -128, 127 }, { 0, 1 },
					   { -1, 0 },     { -5, 3 },   { 3, 5 },      { -7, -2 },
					   { 0, 0 },      { -3, 100 }, { -100, 3 },   { 4, 4 },
					   { -127, 126 }, { -1, 6 },   { 1, 7 } };

	(void)state;
	for (int goal = QUO_SMALL; goal <= QUO_SHALLOW; goal++) {
		for (unsigned sign = 0; sign < 2; sign++) {
			for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
				shape s = { .sx = sign, .p = ends[i][0], .q = ends[i][1] };
				for (s.wx = 0; s.wx <= 11; s.wx++)
					check("clamp", &s, (quo_goal)goal, build_clamp, want_clamp);
				s.wx = 22;
				check("clamp", &s, (quo_goal)goal, build_clamp, want_clamp);
			}
		}
	}
}

static void test_shifts(void **state)
{
	(void)state;
	for (int goal = QUO_SMALL; goal <= QUO_SHALLOW; goal++) {
		for (unsigned sign = 0; sign < 2; sign++) {
			shape s = { .sx = sign, .sy = false };
			for (s.p = 1; s.p <= 9; s.p++) {
				for (s.wx = 1; s.wx <= 7; s.wx++) {
					for (s.wy = 0; s.wy <= 5; s.wy++) {
						check("round_by", &s, (quo_goal)goal,
						      build_round_by, want_round_by);
						check("right_by", &s, (quo_goal)goal,
						      build_right_by, want_right_by);
					}
					s.wy = 4;
					for (s.q = 0; s.q < 16; s.q++)
						check("right_upto", &s, (quo_goal)goal,
						      build_right_upto, want_right_upto);
				}
			}
			for (unsigned w = 22; w <= 56; w += 17) {
				s = (shape){ .wx = w, .wy = 5, .sx = sign, .p = 9 };
				check("round_by", &s, (quo_goal)goal, build_round_by,
				      want_round_by);
				s.wy = 9;
				check("round_by", &s, (quo_goal)goal, build_round_by,
				      want_round_by);
				check("right_by", &s, (quo_goal)goal, build_right_by,
				      want_right_by);
			}
		}
	}
}

/* What an operation costs under encryption: a change here is a change of every run's bytes. */
static void test_costs(void **state)
{
	shape s = { 22, 22, true, true, 22, 0 }, t = { 22, 0, true, false, 0, 0 };

	(void)state;
	assert_int_equal(check("add", &s, QUO_SMALL, build_add, want_add), 22);
	assert_int_equal(check("add_mod", &s, QUO_SMALL, build_add_mod, want_add_mod), 21);
	assert_int_equal(check("add_carry", &s, QUO_SMALL, build_add_carry, want_add_carry), 20);
	assert_int_equal(check("sub", &s, QUO_SMALL, build_sub, want_sub), 22);
	assert_int_equal(check("less", &s, QUO_SMALL, build_less, want_less), 22);
	assert_int_equal(check("equal", &s, QUO_SMALL, build_equal, want_equal), 21);
	assert_int_equal(check("max", &s, QUO_SMALL, build_max, want_max), 44);
	assert_int_equal(check("mux", &s, QUO_SMALL, build_mux, want_mux), 22);
	assert_int_equal(check("abs", &t, QUO_SMALL, build_abs, want_abs), 21);
	assert_int_equal(check("neg", &t, QUO_SMALL, build_neg, want_neg), 21);
	assert_int_equal(check("mag", &t, QUO_SMALL, build_mag, want_mag), 0);
	assert_int_equal(check("nonzero", &t, QUO_SMALL, build_nonzero, want_nonzero), 21);
	assert_int_equal(check("len", &t, QUO_SMALL, build_len, want_len), 21);
	t.p = 4;
	assert_int_equal(check("round_shift", &t, QUO_SMALL, build_round_shift, want_round_shift),
			 18);
	t = (shape){ 18, 0, true, false, -127, 127 };
	assert_int_equal(check("clamp", &t, QUO_SMALL, build_clamp, want_clamp), 23);
	t = (shape){ 14, 0, true, false, 0, 127 };
	assert_int_equal(check("clamp", &t, QUO_SMALL, build_clamp, want_clamp), 13);
	s = (shape){ 22, 5, true, false, 8, 22 };
	assert_int_equal(check("right_upto", &s, QUO_SMALL, build_right_upto, want_right_upto), 57);
	s = (shape){ 8, 7, false, false, 0, 0 };
	assert_int_equal(check("mul_int", &s, QUO_SMALL, build_mul_int, want_mul_int), 104);
	s = (shape){ 7, 8, false, false, 0, 0 };
	assert_int_equal(check("mul_int", &s, QUO_SMALL, build_mul_int, want_mul_int), 104);
	t = (shape){ 7, 0, false, false, 0, 0 };
	assert_int_equal(check("square", &t, QUO_SMALL, build_square, want_square), 41);
	t = (shape){ 14, 0, false, false, 0, 0 };
	assert_int_equal(check("isqrt", &t, QUO_SMALL, build_isqrt, want_isqrt), 28);
	/* four rows of seven; the carry is free */
	s = (shape){ 9, 7, true, false, 5, 1 };
	assert_int_equal(check("div", &s, QUO_SMALL, build_div, want_div), 28);
}

/* Adders and comparators of the shallow form have logarithmic depth. */
static void test_depth(void **state)
{
	(void)state;
	for (int op = 0; op < 4; op++) {
		quo_builder *b = quo_builder_new(QUO_SHALLOW);
		quo_int x = quo_input(b, "x", QUO_PORT_BITS, 31, true, false);
		quo_int y = quo_input(b, "y", QUO_PORT_BITS, 31, true, false);
		quo_int z = op == 0   ? quo_add(b, x, y)
			    : op == 1 ? quo_int_from_bit(quo_less(b, x, y))
			    : op == 2 ? quo_len(b, quo_resize(x, 31, false))
				      : quo_abs(b, x);
		quo_output(b, "z", z);
		quo_circuit *c = finish(b);
		assert_in_range(c->depth, 5, 6);
		quo_circuit_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),    cmocka_unit_test(test_mod),
		cmocka_unit_test(test_singles),  cmocka_unit_test(test_clamp),
		cmocka_unit_test(test_shifts),   cmocka_unit_test(test_costs),
		cmocka_unit_test(test_depth),    cmocka_unit_test(test_products),
		cmocka_unit_test(test_roots),    cmocka_unit_test(test_quotients),
		cmocka_unit_test(test_too_wide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
