/* sample.h - what a sample of the system says of one key. */
#ifndef TESTS_UNIT_CLIENT_SAMPLE_H
#define TESTS_UNIT_CLIENT_SAMPLE_H

#include "client/log/record.h"

#include <math.h>
#include <stdlib.h>

/* NAN when the sample, a stats record's body, does not have it. */
static inline double sample_value(struct str body, const char *key) {
    const struct record record = { .kind = RECORD_STATS, .body = body };
    struct record_items items;
    struct record_item item;
    struct err err;
    bool is_end = false;
    double value = NAN;
    record_items_init(&items, &record);
    while (record_items_next(&items, &item, &is_end, &err) == OK && !is_end)
        if (item.path_len == 1 && str_eq_c(item.path[0], key))
            value = strtod(item.value_json.ptr, NULL);
    record_items_finish(&items);
    return value;
}

#endif
