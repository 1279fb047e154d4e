/* test_filter.c - filters, orders and cursors over rows that are JSON objects. */
#include "server/store/runs/filter.h"
#include "tests/unit/base/fixture.h"

static const struct filter_word word_items[] = {
    { "a", FILTER_KIND_ANY, 1, false },   { "b", FILTER_KIND_ANY, 2, false },
    { "at", FILTER_KIND_TIME, 3, false }, { "tags", FILTER_KIND_LIST, 4, false },
    { "in.", FILTER_KIND_ANY, 5, true },
};
static const struct filter_words words = { "things", word_items, 5 };

struct rows {
    const struct filter_keys *keys;
    struct arena *arena;
    const char *json;
};

static struct filter_value read_json(const void *context, size_t row, size_t key) {
    const struct rows *rows = context;
    struct json_value *json;
    const struct json_value *value;
    struct err err;
    (void)row;
    if (json_parse(&json, str_from_c(rows->json), JSON_EXTENDED, rows->arena, &err) != OK)
        fail_msg("%s: %s", rows->json, err.message);
    value = json_get(json, rows->keys->items[key].path);
    return value == NULL ? (struct filter_value){ .type = FILTER_MISSING }
                         : filter_value_from_json(value, rows->arena);
}

static bool matches(struct arena *arena, const char *filter_json, const char *row_json) {
    struct filter_keys keys = { .count = 0 };
    struct rows rows = { &keys, arena, row_json };
    struct filter *filter;
    struct err err;
    if (filter_parse(&filter, str_from_c(filter_json), &words, &keys, arena, &err) != OK)
        fail_msg("%s: %s", filter_json, err.message);
    return filter_matches(filter, read_json, &rows, 0);
}

static const struct {
    const char *filter, *row;
    bool holds;
} cases[] = {
    { "", "{}", true },
    { "null", "{}", true },
    { "{}", "{\"a\":1}", true },
    { "{\"a\":1}", "{\"a\":1}", true },
    { "{\"a\":1}", "{\"a\":1.0}", true },
    { "{\"a\":1}", "{\"a\":\"1\"}", false },
    { "{\"a\":1}", "{}", false },
    { "{\"a\":1}", "{\"a\":true}", false },
    { "{\"a\":true}", "{\"a\":true}", true },
    { "{\"a\":\"x\"}", "{\"a\":\"x\"}", true },
    { "{\"a\":null}", "{}", true },
    { "{\"a\":null}", "{\"a\":null}", true },
    { "{\"a\":null}", "{\"a\":0}", false },
    { "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}", true },
    { "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":3}", false },
    { "{\"a\":{\"$eq\":1}}", "{\"a\":1}", true },
    { "{\"a\":{\"$ne\":1}}", "{\"a\":2}", true },
    { "{\"a\":{\"$ne\":1}}", "{\"a\":1}", false },
    { "{\"a\":{\"$ne\":1}}", "{}", true },
    { "{\"a\":{\"$ne\":null}}", "{}", false },
    { "{\"a\":{\"$ne\":null}}", "{\"a\":0}", true },
    { "{\"a\":{\"$gt\":1}}", "{\"a\":1.5}", true },
    { "{\"a\":{\"$gt\":1}}", "{\"a\":1}", false },
    { "{\"a\":{\"$gt\":1}}", "{\"a\":\"2\"}", false },
    { "{\"a\":{\"$gt\":1}}", "{}", false },
    { "{\"a\":{\"$gt\":1}}", "{\"a\":NaN}", false },
    { "{\"a\":{\"$lt\":1}}", "{\"a\":NaN}", false },
    { "{\"a\":{\"$gt\":1}}", "{\"a\":Infinity}", true },
    { "{\"a\":{\"$gte\":1}}", "{\"a\":1}", true },
    { "{\"a\":{\"$lt\":\"b\"}}", "{\"a\":\"a\"}", true },
    { "{\"a\":{\"$lte\":1}}", "{\"a\":1}", true },
    { "{\"a\":{\"$lte\":1}}", "{\"a\":1.0001}", false },
    { "{\"a\":{\"$gt\":0,\"$lt\":2}}", "{\"a\":1}", true },
    { "{\"a\":{\"$gt\":0,\"$lt\":2}}", "{\"a\":3}", false },
    { "{\"a\":9007199254740993}", "{\"a\":9007199254740993}", true },
    { "{\"a\":9007199254740993}", "{\"a\":9007199254740992}", false },
    { "{\"a\":{\"$gt\":9007199254740992.0}}", "{\"a\":9007199254740993}", true },
    { "{\"a\":{\"$in\":[1,\"x\",null]}}", "{\"a\":\"x\"}", true },
    { "{\"a\":{\"$in\":[1,\"x\",null]}}", "{}", true },
    { "{\"a\":{\"$in\":[1,\"x\"]}}", "{\"a\":1.0}", true },
    { "{\"a\":{\"$in\":[1,\"x\"]}}", "{\"a\":2}", false },
    { "{\"a\":{\"$in\":[]}}", "{\"a\":2}", false },
    { "{\"a\":{\"$in\":[true]}}", "{\"a\":1}", false },
    { "{\"a\":{\"$nin\":[1,2]}}", "{\"a\":3}", true },
    { "{\"a\":{\"$nin\":[1,2]}}", "{\"a\":2}", false },
    { "{\"a\":{\"$nin\":[1,2]}}", "{}", true },
    { "{\"a\":{\"$exists\":true}}", "{\"a\":null}", true },
    { "{\"a\":{\"$exists\":true}}", "{}", false },
    { "{\"a\":{\"$exists\":false}}", "{}", true },
    { "{\"a\":{\"$regex\":\"^ll.ma\"}}", "{\"a\":\"llama-7b\"}", true },
    { "{\"a\":{\"$regex\":\"ama-\"}}", "{\"a\":\"llama-7b\"}", true },
    { "{\"a\":{\"$regex\":\"LLAMA\"}}", "{\"a\":\"llama\"}", false },
    { "{\"a\":{\"$regex\":\"LLAMA\",\"$options\":\"i\"}}", "{\"a\":\"llama\"}", true },
    { "{\"a\":{\"$regex\":\"1\"}}", "{\"a\":1}", false },
    { "{\"a\":{\"$not\":{\"$regex\":\"^x\"}}}", "{\"a\":\"yx\"}", true },
    { "{\"a\":{\"$not\":{\"$gt\":1}}}", "{\"a\":2}", false },
    { "{\"a\":{\"$not\":{\"$gt\":1}}}", "{}", true },
    { "{\"a\":{\"$contains\":\"b\"}}", "{\"a\":\"abc\"}", true },
    { "{\"a\":{\"$contains\":\"B\"}}", "{\"a\":\"abc\"}", false },
    { "{\"tags\":\"x\"}", "{\"tags\":[\"y\",\"x\"]}", true },
    { "{\"tags\":\"x\"}", "{\"tags\":[\"y\"]}", false },
    { "{\"tags\":{\"$ne\":\"x\"}}", "{\"tags\":[\"y\",\"x\"]}", false },
    { "{\"tags\":{\"$ne\":\"x\"}}", "{\"tags\":[]}", true },
    { "{\"tags\":null}", "{\"tags\":[]}", true },
    { "{\"tags\":null}", "{\"tags\":[\"x\"]}", false },
    { "{\"tags\":{\"$in\":[\"x\",\"z\"]}}", "{\"tags\":[\"y\",\"x\"]}", true },
    { "{\"tags\":{\"$nin\":[\"x\",\"z\"]}}", "{\"tags\":[\"y\",\"x\"]}", false },
    { "{\"tags\":{\"$all\":[\"x\",\"y\"]}}", "{\"tags\":[\"y\",\"x\"]}", true },
    { "{\"tags\":{\"$all\":[\"x\",\"z\"]}}", "{\"tags\":[\"y\",\"x\"]}", false },
    { "{\"tags\":{\"$size\":2}}", "{\"tags\":[\"y\",\"x\"]}", true },
    { "{\"tags\":{\"$size\":0}}", "{\"tags\":[]}", true },
    { "{\"tags\":{\"$regex\":\"^x\"}}", "{\"tags\":[\"y\",\"xx\"]}", true },
    { "{\"tags\":{\"$contains\":\"x\"}}", "{\"tags\":[\"y\",\"xx\"]}", false },
    { "{\"tags\":{\"$contains\":\"xx\"}}", "{\"tags\":[\"y\",\"xx\"]}", true },
    { "{\"tags\":[\"y\",\"x\"]}", "{\"tags\":[\"y\",\"x\"]}", true },
    { "{\"tags\":{\"$exists\":true}}", "{\"tags\":[]}", false },
    { "{\"a\":{\"k\":1}}", "{\"a\":{\"k\":1.0}}", true },
    { "{\"a\":{\"k\":1}}", "{\"a\":{\"k\":2}}", false },
    { "{\"a\":{}}", "{\"a\":{}}", true },
    { "{\"in.x\":1}", "{\"in.x\":1}", true },
    { "{\"in.x.y/z\":1}", "{\"in.x.y/z\":1}", true },
    { "{\"at\":{\"$gt\":\"2026-11-21T00:00:00\"}}", "{\"at\":1795219200001}", true },
    { "{\"at\":{\"$gt\":\"2026-11-21T00:00:00Z\"}}", "{\"at\":1795219200000}", false },
    { "{\"at\":{\"$in\":[\"2026-11-21\"]}}", "{\"at\":1795219200000}", true },
    { "{\"$and\":[{\"a\":1},{\"b\":2}]}", "{\"a\":1,\"b\":2}", true },
    { "{\"$and\":[{\"a\":1},{\"b\":2}]}", "{\"a\":1}", false },
    { "{\"$or\":[{\"a\":1},{\"b\":2}]}", "{\"b\":2}", true },
    { "{\"$or\":[{\"a\":1},{\"b\":2}]}", "{}", false },
    { "{\"$or\":[]}", "{}", true },
    { "{\"$and\":[]}", "{}", true },
    { "{\"$nor\":[{\"a\":1},{\"b\":2}]}", "{\"a\":2}", true },
    { "{\"$nor\":[{\"a\":1},{\"b\":2}]}", "{\"b\":2}", false },
    { "{\"$not\":{\"a\":1}}", "{\"a\":2}", true },
    { "{\"$not\":{\"a\":1}}", "{\"a\":1}", false },
    { "{\"$or\":[{\"$and\":[{\"a\":1},{\"b\":1}]},{\"a\":{\"$exists\":false}}],\"b\":1}", "{\"b\":1}", true },
};

static void filter__answers_each_case_of_the_table(void **state) {
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (matches(*state, cases[i].filter, cases[i].row) != cases[i].holds)
            fail_msg("%s on %s: expected %d", cases[i].filter, cases[i].row, cases[i].holds);
}

static const struct {
    const char *filter, *message;
} refusals[] = {
    { "{", NULL },
    { "[]", "filters: must be an object" },
    { "{\"c\":1}", "filters.c: unknown key 'c' of things" },
    { "{\"in.\":1}", "filters.in.: unknown key 'in.' of things" },
    { "{\"a\":{\"$foo\":1}}", "filters.a.$foo: unknown operator" },
    { "{\"$and\":[{\"a\":1},{\"a\":{\"$gt\":1,\"$near\":2}}]}", "filters.$and[1].a.$near: unknown operator" },
    { "{\"$xor\":[]}", "filters.$xor: unknown operator" },
    { "{\"$or\":{\"a\":1}}", "filters.$or: must be a list of filters" },
    { "{\"$or\":[1]}", "filters.$or[0]: must be an object" },
    { "{\"$not\":1}", "filters.$not: must be an object" },
    { "{\"a\":{\"$not\":1}}", "filters.a.$not: must be an object of operators, such as {\"$gt\": 1}" },
    { "{\"a\":{\"$gt\":1,\"k\":2}}", "filters.a.k: a plain key among operators" },
    { "{\"a\":{\"$in\":1}}", "filters.a.$in: must be a list" },
    { "{\"a\":{\"$gt\":null}}", "filters.a.$gt: must be a number or a string" },
    { "{\"a\":{\"$exists\":\"yes\"}}", "filters.a.$exists: must be true or false" },
    { "{\"a\":{\"$size\":-1}}", "filters.a.$size: must be a whole number, 0 or more" },
    { "{\"a\":{\"$regex\":1}}", "filters.a.$regex: must be a string" },
    { "{\"a\":{\"$regex\":\"(\"}}", "filters.a.$regex: regular expression, byte 1: a ( without its )" },
    { "{\"a\":{\"$regex\":\"x\",\"$options\":\"g\"}}", "filters.a.$regex: $options may have i, m and s" },
    { "{\"a\":{\"$options\":\"i\"}}", "filters.a: $options without $regex" },
    { "{\"at\":{\"$gt\":\"yesterday\"}}",
      "filters.at.$gt: must be an ISO 8601 date and time, such as \"2026-11-21T09:30:00\"" },
    { "{\"at\":5}", "filters.at: must be an ISO 8601 date and time, such as \"2026-11-21T09:30:00\"" },
};

static void filter__refuses_with_the_path_to_what_is_wrong(void **state) {
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct filter_keys keys = { .count = 0 };
        struct filter *filter = NULL;
        struct err err = { 0 };
        if (filter_parse(&filter, str_from_c(refusals[i].filter), &words, &keys, *state, &err) !=
            ERR_BAD_INPUT)
            fail_msg("%s was accepted", refusals[i].filter);
        if (refusals[i].message != NULL)
            assert_string_equal(err.message, refusals[i].message);
        assert_null(filter);
    }
}

static void filter__has_limits(void **state) {
    struct filter_keys keys = { .count = 0 };
    struct buf text = BUF_INIT(4 << 20);
    struct filter *filter;
    struct err err;

    for (int i = 0; i < 60; i++)
        buf_append_str(&text, STR("{\"$not\":"));
    buf_append_str(&text, STR("{}"));
    for (int i = 0; i < 60; i++)
        buf_append_char(&text, '}');
    assert_int_equal(filter_parse(&filter, buf_str(&text), &words, &keys, *state, &err), ERR_BAD_INPUT);
    assert_true(str_ends_with(str_from_c(err.message), STR(": nested more than 50 deep")));

    buf_reset(&text);
    buf_append_str(&text, STR("{\"$or\":["));
    for (int i = 0; i < 1000; i++)
        buf_append_str(&text, i == 0 ? STR("{}") : STR(",{}"));
    buf_append_str(&text, STR("]}"));
    assert_int_equal(filter_parse(&filter, buf_str(&text), &words, &keys, *state, &err), ERR_BAD_INPUT);
    assert_true(str_ends_with(str_from_c(err.message), STR(": the filter asks more than 1000 things")));

    buf_reset(&text);
    for (int i = 0; i < FILTER_BYTES_MAX + 1; i++)
        buf_append_char(&text, ' ');
    assert_int_equal(filter_parse(&filter, buf_str(&text), &words, &keys, *state, &err), ERR_BAD_INPUT);
    buf_finish(&text);
}

static void filter__finds_one_name_among_many_thousands(void **state) {
    struct filter_keys keys = { .count = 0 };
    struct rows rows = { &keys, *state, "{\"a\":\"run-777\"}" };
    struct buf text = BUF_INIT(1 << 20);
    struct filter *filter;
    struct err err;

    buf_append_str(&text, STR("{\"a\":{\"$in\":["));
    for (int i = 0; i < 20000; i++)
        buf_printf(&text, "%s\"run-%d\"", i == 0 ? "" : ",", i);
    buf_append_str(&text, STR("]}}"));
    assert_int_equal(filter_parse(&filter, buf_str(&text), &words, &keys, *state, &err), OK);
    assert_true(filter_matches(filter, read_json, &rows, 0));
    rows.json = "{\"a\":\"run-77777\"}";
    assert_false(filter_matches(filter, read_json, &rows, 0));
    buf_finish(&text);
}

static struct filter_value read_text(const void *context, size_t row, size_t key) {
    (void)row;
    (void)key;
    return filter_text(*(const struct str *)context);
}

static void filter__gives_up_on_regexes_that_cost_too_much(void **state) {
    struct str text = { arena_alloc(*state, 1 << 20), 1 << 20 };
    uint32_t seed = 1;
    struct filter_keys keys = { .count = 0 };
    struct filter *filter;
    struct err err;
    int asked = 0;

    for (size_t i = 0; i < text.len; i++) {
        seed = seed * 1664525u + 1013904223u;
        ((char *)text.ptr)[i] = seed >> 31 ? 'a' : 'b';
    }
    assert_int_equal(
        filter_parse(&filter, STR("{\"a\":{\"$regex\":\"a(a|b){12}!\"}}"), &words, &keys, *state, &err), OK);
    while (filter_check_work(filter, &err) == OK && asked++ < 1000)
        assert_false(filter_matches(filter, read_text, &text, 0));
    assert_string_equal(err.message, "filters: the regular expressions take too long on so much text");
    assert_true(asked > 1 && asked < 200);
}

/* ---- orders ---- */

static struct filter_place place(struct filter_value value, int64_t id) {
    return (struct filter_place){ .values = { value }, .id = id };
}

static struct filter_order order_of(struct arena *arena, const char *text) {
    struct filter_keys keys = { .count = 0 };
    struct filter_order order;
    struct err err;
    if (filter_order_parse(&order, str_from_c(text), "+a", &words, &keys, arena, &err) != OK)
        fail_msg("%s: %s", text, err.message);
    return order;
}

static void filter_order__understands_signs_and_several_keys(void **state) {
    struct filter_order order = order_of(*state, "-a, +in.x ,b");
    assert_int_equal(order.count, 3);
    assert_true(order.is_descending[0]);
    assert_false(order.is_descending[1]);
    assert_false(order.is_descending[2]);
    order = order_of(*state, "");
    assert_int_equal(order.count, 1);
    assert_false(order.is_descending[0]);
}

static void filter_order__refuses_what_it_does_not_know(void **state) {
    static const char *const orders[] = { "c", "+", "a,,b", "a,b,a,b,a,b,a,b,a", "--a" };
    for (size_t i = 0; i < 5; i++) {
        struct filter_keys keys = { .count = 0 };
        struct filter_order order;
        struct err err;
        assert_int_equal(filter_order_parse(&order, str_from_c(orders[i]), "a", &words, &keys, *state, &err),
                         ERR_BAD_INPUT);
    }
}

static void filter_order__puts_missing_values_last_both_ways(void **state) {
    struct filter_value missing = { .type = FILTER_MISSING };
    struct filter_place one = place(filter_int(1), 1), two = place(filter_double(2.5), 2),
                        none = place(missing, 3);
    struct filter_place nan = place(filter_double(0.0 / 0.0), 4), text = place(filter_text(STR("x")), 5);
    struct filter_order up = order_of(*state, "+a"), down = order_of(*state, "-a");

    assert_true(filter_place_compare(&up, &one, &two) < 0);
    assert_true(filter_place_compare(&down, &one, &two) > 0);
    assert_true(filter_place_compare(&up, &two, &text) < 0);
    assert_true(filter_place_compare(&up, &text, &none) < 0);
    assert_true(filter_place_compare(&down, &one, &none) < 0);
    assert_true(filter_place_compare(&down, &one, &nan) < 0);
    assert_true(filter_place_compare(&up, &none, &nan) < 0); /* by id */
}

static void filter_order__breaks_ties_by_id_in_the_orders_direction(void **state) {
    struct filter_place first = place(filter_int(1), 1), second = place(filter_int(1), 2);
    struct filter_order up = order_of(*state, "a"), down = order_of(*state, "-a");
    assert_true(filter_place_compare(&up, &first, &second) < 0);
    assert_true(filter_place_compare(&down, &first, &second) > 0);
    assert_int_equal(filter_place_compare(&up, &first, &first), 0);
}

static void filter_cursor__comes_back_to_the_same_place(void **state) {
    struct filter_order order = order_of(*state, "a,b,at");
    struct filter_place out, in = { .id = 42 };
    struct err err;
    char text[300];

    memset(text, 'x', sizeof(text));
    text[255] = '\xC3';
    text[256] = '\xA9'; /* cut through the middle of a character */
    in.values[0] = filter_text((struct str){ text, sizeof(text) });
    in.values[1] = filter_double(0.1);
    in.values[2] = (struct filter_value){ .type = FILTER_MISSING };
    assert_int_equal(filter_cursor_read(&out, &order, filter_cursor_write(&order, &in, *state), *state, &err),
                     OK);
    assert_int_equal(filter_place_compare(&order, &in, &out), 0);
    assert_int_equal(out.id, 42);
}

static void filter_cursor__refuses_what_it_did_not_write(void **state) {
    static const char *const cursors[] = { "x",          "MA==",           "W10",     "WzFd",
                                           "WyJhIiwxXQ", "WzEsWyJ6eiJdXQ", "WzEse31d" };
    struct filter_order order = order_of(*state, "a");
    for (size_t i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++) {
        struct filter_place out;
        struct err err;
        assert_int_equal(filter_cursor_read(&out, &order, str_from_c(cursors[i]), *state, &err),
                         ERR_BAD_INPUT);
        assert_string_equal(err.message, "the cursor is not one that this list gave");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(filter__answers_each_case_of_the_table),
        TEST(filter__refuses_with_the_path_to_what_is_wrong),
        TEST(filter__has_limits),
        TEST(filter__finds_one_name_among_many_thousands),
        TEST(filter__gives_up_on_regexes_that_cost_too_much),
        TEST(filter_order__understands_signs_and_several_keys),
        TEST(filter_order__refuses_what_it_does_not_know),
        TEST(filter_order__puts_missing_values_last_both_ways),
        TEST(filter_order__breaks_ties_by_id_in_the_orders_direction),
        TEST(filter_cursor__comes_back_to_the_same_place),
        TEST(filter_cursor__refuses_what_it_did_not_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
