/* fuzz_run_filter.c - a filter, a newline, an order: parsed or refused, then asked of a row of every kind of
 * value. */
#include "server/store/runs/run_filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static struct filter_value read_any(const void *rows, size_t row, size_t key) {
    const struct filter_value *values = rows;
    return values[(row + key) % 8];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct filter_value items[2] = { filter_text(STR("x")), filter_int(1) };
    struct filter_value values[8] = { { .type = FILTER_MISSING },
                                      { .type = FILTER_NULL },
                                      filter_bool(true),
                                      filter_int(7),
                                      filter_double(0.5),
                                      filter_text(STR("llama")),
                                      { .type = FILTER_LIST, .len = 2, .items = items },
                                      { .type = FILTER_OBJECT, .len = 7, .text = "{\"k\":1}" } };
    struct filter_keys keys = { .count = 0 };
    struct arena *arena = arena_create();
    struct str json, order_text;
    struct filter_order order;
    struct filter *filter;
    struct err err;

    (void)str_cut((struct str){ (const char *)data, size_bytes }, '\n', &json, &order_text);
    if (filter_parse(&filter, json, &run_words, &keys, arena, &err) == OK)
        for (size_t row = 0; row < 8; row++)
            (void)filter_matches(filter, read_any, values, row);
    if (filter_order_parse(&order, order_text, RUN_ORDER_DEFAULT, &run_words, &keys, arena, &err) == OK) {
        struct filter_place place = { .id = 3 }, back;
        for (size_t i = 0; i < order.count; i++)
            place.values[i] = values[(i + size_bytes) % 6];
        if (filter_cursor_read(&back, &order, filter_cursor_write(&order, &place, arena), arena, &err) !=
                OK ||
            filter_place_compare(&order, &place, &back) != 0)
            abort();
    }
    order = (struct filter_order){ .count = 1 };
    if (filter_cursor_read(&(struct filter_place){ .id = 0 }, &order, order_text, arena, &err) == OK)
        (void)filter_cursor_write(&order, &(struct filter_place){ .id = 0 }, arena);
    arena_destroy(arena);
    return 0;
}
