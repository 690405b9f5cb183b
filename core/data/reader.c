/* SPDX-License-Identifier: Apache-2.0 */
#include "data/reader.h"

const char *const quo__data_owners[] = { "dealer", "0", "1",  "2",  "3",  "4",  "5",  "6",  "7",
					 "8",      "9", "10", "11", "12", "13", "14", "15", NULL };

const quo_component *const quo_data_components[] = { &quo__data_idx,     &quo__data_csv,
						     &quo__data_npy,     &quo__data_records,
						     &quo__data_windows, &quo__data_digits,
						     &quo__data_shares,  NULL };

quo_status quo__reader_init(void *self, const void *config, quo_err *err)
{
	(void)err;
	((quo__reader *)self)->config = config;
	return QUO_OK;
}

uint32_t quo__limit_rows(uint32_t rows, int64_t limit)
{
	return limit > 0 && limit < (int64_t)rows ? (uint32_t)limit : rows;
}

void quo_dataset_free(quo_dataset *data)
{
	if (!data)
		return;
	quo_free(data->train_x);
	quo_free(data->test_x);
	quo_free(data->train_y);
	quo_free(data->test_y);
	*data = (quo_dataset){ 0 };
}

quo_status quo__dataset_finish(quo_dataset *made, const char *what, quo_dataset *out, quo_err *err)
{
	quo_status status = QUO_OK;
	const char *lacks = !made->train_rows  ? "training rows"
			    : !made->test_rows ? "test rows"
					       : "features";

	if (!made->train_rows || !made->test_rows || !made->features)
		status =
			quo_fail(err, QUO_USAGE,
				 "%s: there are no %s; check the files and the split", what, lacks);
	if (status != QUO_OK)
		quo_dataset_free(made);
	else
		*out = *made;
	return status;
}
