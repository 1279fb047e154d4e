/* filter_value.c - making and comparing the values of filters. */
#include "server/store/runs/filter_value.h"

#include <math.h>

struct filter_value filter_text(struct str text) {
    if (text.ptr == NULL)
        return (struct filter_value){ .type = FILTER_MISSING };
    return (struct filter_value){ .type = FILTER_TEXT,
                                  .len = text.len > UINT32_MAX ? UINT32_MAX : (uint32_t)text.len,
                                  .text = text.ptr };
}

struct filter_value filter_int(int64_t value) {
    return (struct filter_value){ .type = FILTER_INT, .integer = value };
}

struct filter_value filter_double(double value) {
    return (struct filter_value){ .type = FILTER_DOUBLE, .number = value };
}

struct filter_value filter_bool(bool value) {
    return (struct filter_value){ .type = FILTER_BOOL, .boolean = value };
}

struct str filter_value_str(struct filter_value value) {
    return (struct str){ value.text, value.len };
}

static struct filter_value list_from_json(const struct json_value *json, struct arena *arena) {
    struct filter_value *items = ARENA_ARRAY(arena, struct filter_value, json->array.count);
    for (size_t i = 0; i < json->array.count; i++)
        items[i] = filter_value_from_json(&json->array.items[i], arena);
    return (struct filter_value){ .type = FILTER_LIST, .len = (uint32_t)json->array.count, .items = items };
}

struct filter_value filter_value_from_json(const struct json_value *json, struct arena *arena) {
    struct filter_value object = filter_text(json->raw);

    switch (json->type) {
    case JSON_TYPE_NULL:
        return (struct filter_value){ .type = FILTER_NULL };
    case JSON_TYPE_BOOL:
        return filter_bool(json->boolean);
    case JSON_TYPE_INT:
        return filter_int(json->integer);
    case JSON_TYPE_DOUBLE:
        return filter_double(json->number);
    case JSON_TYPE_STRING:
        return filter_text(json->string);
    case JSON_TYPE_ARRAY:
        return list_from_json(json, arena);
    case JSON_TYPE_OBJECT:
        object.type = FILTER_OBJECT;
        return object;
    }
    return object;
}

static bool is_number(struct filter_value value) {
    return value.type == FILTER_INT || value.type == FILTER_DOUBLE;
}

static int int_double_compare(int64_t integer, double number) {
    int64_t whole;
    if (number >= 0x1p63)
        return -1;
    if (number < -0x1p63)
        return 1;
    whole = (int64_t)number; /* towards zero: what is cut off decides a tie */
    if (integer != whole)
        return integer < whole ? -1 : 1;
    return number > (double)whole ? -1 : number < (double)whole;
}

/* Exact, also for integers that no double holds. Neither is NaN. */
static int number_compare(struct filter_value a, struct filter_value b) {
    if (a.type == FILTER_INT && b.type == FILTER_INT)
        return a.integer < b.integer ? -1 : a.integer > b.integer;
    if (a.type == FILTER_DOUBLE && b.type == FILTER_DOUBLE)
        return a.number < b.number ? -1 : a.number > b.number;
    return a.type == FILTER_INT ? int_double_compare(a.integer, b.number)
                                : -int_double_compare(b.integer, a.number);
}

static bool is_nan(struct filter_value value) {
    return value.type == FILTER_DOUBLE && isnan(value.number);
}

bool filter_value_is_comparable(struct filter_value a, struct filter_value b, int *order) {
    if (is_number(a) && is_number(b) && !is_nan(a) && !is_nan(b))
        *order = number_compare(a, b);
    else if (a.type == FILTER_TEXT && b.type == FILTER_TEXT)
        *order = str_compare(filter_value_str(a), filter_value_str(b));
    else
        return false;
    return true;
}

/* Rare: somebody compares with a whole object. */
static bool object_equal(struct filter_value a, struct filter_value b) {
    struct arena *arena = arena_create();
    struct json_value *x, *y;
    struct err err;
    bool is_equal = json_parse(&x, filter_value_str(a), JSON_EXTENDED, arena, &err) == OK &&
                    json_parse(&y, filter_value_str(b), JSON_EXTENDED, arena, &err) == OK && json_equal(x, y);
    arena_destroy(arena);
    return is_equal;
}

static bool list_equal(struct filter_value a, struct filter_value b) {
    if (a.len != b.len)
        return false;
    for (uint32_t i = 0; i < a.len; i++)
        if (!filter_value_equal(a.items[i], b.items[i]))
            return false;
    return true;
}

bool filter_value_equal(struct filter_value a, struct filter_value b) {
    int order;

    if (a.type <= FILTER_NULL || b.type <= FILTER_NULL)
        return a.type <= FILTER_NULL && b.type <= FILTER_NULL;
    if (filter_value_is_comparable(a, b, &order))
        return order == 0;
    if (a.type != b.type)
        return false;
    switch (a.type) {
    case FILTER_BOOL:
        return a.boolean == b.boolean;
    case FILTER_LIST:
        return list_equal(a, b);
    case FILTER_OBJECT:
        return object_equal(a, b);
    default:
        return false;
    }
}

/* 0: has no place in an order. */
static int sort_rank(struct filter_value value) {
    switch (value.type) {
    case FILTER_BOOL:
        return 1;
    case FILTER_INT:
        return 2;
    case FILTER_DOUBLE:
        return isnan(value.number) ? 0 : 2;
    case FILTER_TEXT:
        return 3;
    default:
        return 0;
    }
}

int filter_value_sort(struct filter_value a, struct filter_value b, bool is_descending) {
    int a_rank = sort_rank(a), b_rank = sort_rank(b), order;

    if (a_rank == 0 || b_rank == 0)
        return (a_rank == 0) - (b_rank == 0);
    if (a_rank != b_rank)
        order = a_rank - b_rank;
    else if (a_rank == 1)
        order = (int)a.boolean - (int)b.boolean;
    else if (a_rank == 2)
        order = number_compare(a, b);
    else
        order = str_compare(str_slice(filter_value_str(a), 0, FILTER_SORTED_BYTES),
                            str_slice(filter_value_str(b), 0, FILTER_SORTED_BYTES));
    return is_descending ? -order : order;
}
