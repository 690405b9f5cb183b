/* SPDX-License-Identifier: Apache-2.0 */
/* How people write the ten digits: a few styles of each, as pen strokes. */
#ifndef QUOTIENT_CORE_GLYPHS_H
#define QUOTIENT_CORE_GLYPHS_H

#include <stdint.h>

#define QUO_STROKE_POINTS 14
#define QUO_GLYPH_STROKES 4

/* Points that the pen goes through smoothly, in a box of 100 x 100, y downwards. Corners start a
 * new stroke. */
typedef struct quo__stroke {
	uint8_t n;
	int8_t at[QUO_STROKE_POINTS][2];
} quo__stroke;

typedef struct quo__glyph {
	uint8_t digit, n;
	quo__stroke stroke[QUO_GLYPH_STROKES];
} quo__glyph;

extern const quo__glyph quo__glyphs[]; /* by digit, 3 styles each */
#define QUO_GLYPH_STYLES 3

#endif
