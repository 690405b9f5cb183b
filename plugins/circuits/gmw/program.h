/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A circuit's program: its levels (quotient/levels.h) and the stars of their AND gates.
 *
 * Stars. AND gates that share an operand share the random bit that masks it: a *star* is an operand
 * (the centre) and the AND gates (leaves) that use it. Its triples have one a, and b_j, c_j = a b_j
 * for every leaf j. One COT per direction makes all of them, because a hash has 128 bits and a
 * triple needs one; and the centre is opened once. Every AND gate belongs to exactly one star, so
 * the stars' centres cover the gates' operands like a vertex cover does the edges of a graph.
 *
 * Wires that depend on scalar ports alone are scalar: one value for all instances. Kinds of stars
 * by what meets there:
 *
 *	GMW_VECTOR  centre and leaves differ from instance to instance: one COT per instance
 *	GMW_CROSS   the same, of operands that one party each knows: one COT per instance in one
 *	            direction
 *	GMW_SCALAR  a scalar centre, other leaves: one COT in all, its hash is the key of a stream of
 *	            b bits
 *	GMW_ONE     everything scalar: one COT in all
 */
#ifndef QUOTIENT_GMW_PROGRAM_H
#define QUOTIENT_GMW_PROGRAM_H

#include <quotient/levels.h>
#include <quotient/quotient.h>

/* Hash bits that a star takes of a COT: leaves of one star where b is not a stream. */
#define GMW_MAX_LEAVES 32u

typedef enum gmw_kind { GMW_VECTOR, GMW_SCALAR, GMW_ONE, GMW_CROSS } gmw_kind;

struct gmw_star {
	uint32_t centre; /* row */
	uint32_t degree;
	uint32_t planes,
		words; /* where its triples start among the part's planes and scalar words */
	uint8_t kind;
	uint8_t owner; /* CROSS: the party that knows the centre */
};

/* The star's rows differ from instance to instance, its centre's too. */
static inline bool gmw_wide(const struct gmw_star *s)
{
	return s->kind == GMW_VECTOR || s->kind == GMW_CROSS;
}

/* The party takes part in opening the centre; the leaves. */
static inline bool gmw_opens_centre(const struct gmw_star *s, int party)
{
	return s->kind != GMW_CROSS || s->owner == party;
}
static inline bool gmw_opens_leaves(const struct gmw_star *s, int party)
{
	return s->kind != GMW_CROSS || s->owner != party;
}
/* The star's COTs go (also) in the direction in which the party sends. */
static inline bool gmw_has_cots(const struct gmw_star *s, int sender)
{
	return gmw_opens_leaves(s, sender);
}

struct gmw_and {
	uint32_t star, leaf; /* leaf: its number in the star */
	uint32_t in, out;    /* rows: the leaf's operand, the result */
	bool not_centre, not_leaf;
};

/*
 * A level is evaluated in a stage: its local gates, then one exchange that opens centres and
 * leaves, then its AND gates. A centre is opened in the stage of the first gate that uses it, and
 * its row is not read in later ones. Stars stars .. stars_end - 1 are opened in the stage.
 */
struct gmw_stage {
	uint32_t stars, stars_end;
};

struct gmw_program {
	uint64_t id;   /* of the circuit as the caller gave it */
	quo_goal goal; /* of its adders behind additive ports */
	/* Of the two-party form. A row is one bit of every instance, or one word that repeats a
	 * scalar bit. */
	quo_levels *levels;
	struct gmw_stage *stages; /* of every level */
	struct gmw_and *ands;     /* of levels->ands */
	struct gmw_star *stars;   /* in the order in which they are opened */
	uint32_t n_stars;
	uint32_t n_single_stars; /* COTs of a part in either direction: of kinds SCALAR and ONE */
	uint32_t n_planes, n_words;
	uint32_t most_rows;    /* vectors in the largest exchange */
	uint32_t input_planes; /* planes of additive ports */
};

/* The program of a circuit; additive ports are split (quo_split_arith). NULL and a message on
 * failure. */
struct gmw_program *gmw_program_new(const quo_circuit *c, quo_goal goal, quo_err *err);
void gmw_program_free(struct gmw_program *p);

#endif
