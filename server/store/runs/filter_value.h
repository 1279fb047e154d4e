/* filter_value.h - one value that filters compare and orders sort: a scalar, a list of them, or an object's
 * text.
 *
 * Memory: texts and items are borrowed from whoever made the value.
 */
#ifndef SERVER_STORE_FILTER_VALUE_H
#define SERVER_STORE_FILTER_VALUE_H

#include "base/json.h"

/* In the order in which values of different types sort. */
enum filter_type {
    FILTER_MISSING, /* there is no such thing; cleared memory is this */
    FILTER_NULL,
    FILTER_BOOL,
    FILTER_INT,
    FILTER_DOUBLE,
    FILTER_TEXT,
    FILTER_LIST,
    FILTER_OBJECT, /* text: its JSON */
};

struct filter_value {
    enum filter_type type;
    uint32_t len; /* bytes of text, number of items */
    union {
        bool boolean;
        int64_t integer;
        double number;
        const char *text;
        const struct filter_value *items;
    };
};

enum { FILTER_SORTED_BYTES = 256 }; /* of a text that decide its place in an order */

struct filter_value filter_text(struct str text); /* ptr NULL gives missing; cut at 4 GiB */
struct filter_value filter_int(int64_t value);
struct filter_value filter_double(double value);
struct filter_value filter_bool(bool value);
struct str filter_value_str(struct filter_value value); /* of a text or an object */

/* Texts are borrowed from the tree, items are made in the arena. */
struct filter_value filter_value_from_json(const struct json_value *json, struct arena *arena);

/* As Mongo has it: 1 equals 1.0, true does not equal 1, missing equals null; lists and objects by content. */
bool filter_value_equal(struct filter_value a, struct filter_value b);

/* True when both are numbers or both texts; *order is then <0, 0 or >0. NaN is comparable to nothing. */
bool filter_value_is_comparable(struct filter_value a, struct filter_value b, int *order);

/* For sorting: a place for each value, those without (missing, null, NaN, lists, objects) after all others,
 * also when is_descending. Ties are 0: the caller decides them by id. */
int filter_value_sort(struct filter_value a, struct filter_value b, bool is_descending);

#endif
