/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protocols: the two verbs `product` and `map`, with `share`, `reveal` and `convert`.
 *
 * Layers, optimisers and quantisers are written once against the wrappers below and never see who
 * evaluates them. A protocol has n >= 1 parties; `clear` has one. All protocols give the same
 * integers.
 */
#ifndef QUOTIENT_PROTOCOL_H
#define QUOTIENT_PROTOCOL_H

#include <quotient/circuits.h>
#include <quotient/products.h>

QUO_BEGIN_DECLS

#define QUO_TO_ALL (-1)

/*
 * How values are shared: as the sum mod 2^l (ARITH) or the XOR (BITS) of pieces, each held by one
 * party or more. Part k of party i's tensors is piece[i][k]. Additive shares: one piece a party.
 * Replicated among three: party i holds pieces i and i + 1. A party that holds none only assists.
 */
#define QUO_MAX_PARTS 128
typedef struct quo_sharing {
	unsigned pieces;
	unsigned parts[QUO_MAX_PARTIES];
	uint8_t piece[QUO_MAX_PARTIES][QUO_MAX_PARTS];
} quo_sharing;

typedef struct quo_protocol_ops {
	quo_lifecycle life;
	/* Fewest and most parties; parties_max 0: as many as `parties`. */
	int parties, parties_max;
	/* Tensors may be known to an owner while the others hold zeros (quo_spec.owner). Without it
	 * the party that knows a value shares it. */
	bool owned;
	/* An eavesdropper on all links learns the values: between machines the messages need a
	 * channel that hides them. */
	bool exposed;
	/* Optional. Who holds which piece; without it every party holds one. Needs no session. */
	void (*sharing)(void *self, int parties, quo_sharing *out);
	/* Required. Set-up between the parties (their channels are open); in a dry session, its
	 * forecast. */
	quo_status (*open)(void *self, quo_session *s, quo_err *err);
	/* Optional. The opposite of open; the session's channels are still there. */
	void (*close)(void *self, quo_session *s);
	/* Required. Input: `values` (signed, n of out) at the owner, NULL elsewhere. out's spec
	 * says kind and width. */
	quo_status (*share)(void *self, quo_session *s, quo_tensor *out, const int32_t *values,
			    int owner, quo_err *err);
	/* Required. Values of `in` to party `to` (or QUO_TO_ALL); out has n signed values,
	 * NULL at others. */
	quo_status (*reveal)(void *self, quo_session *s, const quo_tensor *in, int32_t *out, int to,
			     quo_err *err);
	/* Required. The verbs; see products.h and circuits.h. */
	quo_status (*product)(void *self, quo_session *s, const quo_matrix_job *jobs, size_t n_jobs,
			      quo_err *err);
	quo_status (*convert)(void *self, quo_session *s, const quo_convert_job *jobs,
			      size_t n_jobs, quo_err *err);
	quo_status (*map)(void *self, quo_session *s, const quo_map_job *jobs, size_t n_jobs,
			  quo_err *err);
	/* Required. The form of a circuit that `map` wants over the session's link for so many
	 * instances. Asked before open. */
	quo_goal (*goal)(void *self, const quo_session *s, size_t n);
	/* Optional. Patches of images are best laid out as matrices no larger than this, in several
	 * products: they stay in a cache. 0: of any size, in one product, which saves rounds. */
	size_t layout_bytes;
	/* Optional. As quo_products_ops.planes. */
	quo_product_side (*planes)(void *self, const quo_session *s, const quo_product_job *job);
} quo_protocol_ops;
typedef quo_protocol_ops QUO_KIND_PROTOCOL_ops;

/* The vtable of an instance, which must be a protocol. */
static inline const quo_protocol_ops *quo_protocol(const quo_instance *protocol)
{
	return QUO_OPS(QUO_KIND_PROTOCOL, protocol->component);
}

/* How a protocol shares among so many parties. */
quo_sharing quo_protocol_sharing(const quo_instance *protocol, int parties);
/* Open and close the session's protocol. */
quo_status quo_protocol_open(quo_session *s, quo_err *err);
void quo_protocol_close(quo_session *s);

/* ---- what everybody calls: check the shapes (QUO_BUG on a mismatch), then the protocol ---- */
quo_status quo_share(quo_session *s, quo_tensor *out, const int32_t *values, int owner,
		     quo_err *err);
quo_status quo_reveal(quo_session *s, const quo_tensor *in, int32_t *out, int to, quo_err *err);
/*
 * A value that every party knows, as a tensor: called by all with the same values (n of out, signed;
 * not read in a dry session). Local. With owners, party 0's (out->spec.owner); else piece 0.
 */
void quo_publish(quo_session *s, quo_tensor *out, const int32_t *values);
/*
 * All jobs together. What the protocol wants as integers is converted first, in one call, and kept
 * in its value; then one call multiplies, or several where patches are laid out in parts
 * (layout_bytes).
 */
quo_status quo_product(quo_session *s, const quo_product_job *jobs, size_t n_jobs, quo_err *err);
/* The arithmetic form of v, converted and kept in v at the first call. */
quo_status quo_value_arith(quo_session *s, quo_value *v, const quo_tensor **out, quo_err *err);
quo_status quo_convert(quo_session *s, const quo_convert_job *jobs, size_t n_jobs, quo_err *err);
quo_status quo_map(quo_session *s, const quo_map_job *jobs, size_t n_jobs, quo_err *err);
quo_goal quo_protocol_goal(const quo_session *s, size_t n);

/* A tensor of the step arena (temporaries) or of the run arena (state); no data in
 * a dry session. */
quo_tensor *quo_temp(quo_session *s, quo_spec spec, quo_err *err);
quo_tensor *quo_keep(quo_session *s, quo_spec spec, quo_err *err);

/* Everything taken from the step arena after a mark is wiped and given back by release(mark); a
 * forecast takes it off its account too. Marks nest. */
typedef struct quo_temp_mark {
	quo_arena_mark arena;
	uint64_t dry_bytes;
} quo_temp_mark;
quo_temp_mark quo_temp_here(const quo_session *s);
void quo_temp_release(quo_session *s, quo_temp_mark mark);

/* Hand a tensor to the tracer, if there is one. `where` names the layer ("layer 2 fc"), `name` the
 * tensor ("Z"). */
quo_status quo_trace(quo_session *s, const char *where, const char *name, const quo_tensor *t,
		     quo_err *err);

QUO_END_DECLS

#endif
