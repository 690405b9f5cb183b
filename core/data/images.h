/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of images to the network's integers (docs/numerics.md, "Input and labels"). */
#ifndef QUOTIENT_CORE_IMAGES_H
#define QUOTIENT_CORE_IMAGES_H

#include "data/reader.h"

/* half: byte >> 1, 0..127. z: the z-score / 3 of its channel over the training images, -127..127. */
typedef enum quo__image_scale { QUO_IMAGE_HALF, QUO_IMAGE_Z } quo__image_scale;
extern const char *const quo__image_scales[];

#define QUO_IMAGE_SCALE_OPTION(type_) \
	QUO_OPTION( \
		type_, scale, QUO_OPT_ENUM, "half", \
		"half: byte >> 1; z: z-score of each channel over the training images, for images " \
		"whose background is not black", \
		.choices = quo__image_scales)

/*
 * In place; channels lie side by side. The statistics are those of the first n_fit bytes of `train`.
 * After it the bytes are int8_t.
 */
void quo__images_encode(quo__image_scale scale, uint32_t channels, uint8_t *train, size_t n_fit,
			size_t n_train, uint8_t *test, size_t n_test);

#endif
