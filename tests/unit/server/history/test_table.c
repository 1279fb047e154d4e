/* test_table.c - histories as aligned columns: the same rows that rows.c gives as text, whatever they lie in. */
#include "server/history/table.h"
#include "tests/unit/server/history/history_fixture.h"

#include <math.h>

struct reading {
    struct history_schema schema;
    struct history_table *table;
    struct history_part part;
};

static void read_table(struct history_fixture *f, struct reading *r, const struct str *keys, size_t key_count, int64_t first, int64_t last) {
    *r = (struct reading){ 0 };
    history_schema_init(&r->schema, keys, key_count, f->arena);
    expect_ok(f, history_table_open(&r->table, f->history, RUN, HISTORY_ROWS, first, last, &f->err));
    expect_ok(f, history_table_join(r->table, &r->schema, &f->err));
    history_schema_settle(&r->schema);
    expect_ok(f, history_table_read(r->table, &r->schema, 0, HISTORY_TABLE_PART_ROWS, &r->part, f->arena, &f->err));
}

static void end(struct reading *r) {
    history_table_close(r->table);
    history_schema_finish(&r->schema);
}

static size_t find(const struct reading *r, const char *name) {
    for (size_t i = 0; i < r->schema.count; i++)
        if (str_eq_c(history_schema_field(&r->schema, i).name, name))
            return i;
    fail_msg("there is no column '%s'", name);
    return 0;
}

static const struct arrow_column *column(const struct reading *r, const char *name) {
    return &r->part.columns[find(r, name)];
}

static bool is_there(const struct arrow_column *values, size_t row) {
    return values->valid == NULL || arrow_bit(values->valid, row);
}

static struct str text_of(const struct arrow_column *texts, size_t row) {
    return (struct str){ (const char *)texts->values + texts->offsets[row], (size_t)(texts->offsets[row + 1] - texts->offsets[row]) };
}

static void check_kinds(struct history_fixture *f) {
    struct reading r;
    read_table(f, &r, NULL, 0, INT64_MIN, INT64_MAX);
    assert_true(r.part.row_count == 3 && r.part.steps[0] == 0 && r.part.steps[2] == 5);
    const double *a = column(&r, "a")->values;
    assert_true(a[0] == 1 && isnan(a[1]) && a[2] == 2.5 && column(&r, "a")->null_count == 0);
    const struct arrow_column *b = column(&r, "b"), *m = column(&r, "m"), *null = column(&r, "null"), *nested = column(&r, "n.x");
    assert_true(b->null_count == 1 && arrow_bit(b->values, 0) && !is_there(b, 2));
    assert_true(r.schema.columns[find(&r, "m")].type == HISTORY_JSON && str_eq_c(text_of(m, 2), "\"x\"") && str_eq_c(text_of(m, 0), "1"));
    assert_true(str_eq_c(text_of(null, 0), "null") && str_eq_c(text_of(null, 1), "4") && !is_there(null, 2));
    assert_true(((const int64_t *)nested->values)[1] == INT64_MAX && nested->null_count == 2);
    assert_true(str_eq_c(history_schema_field(&r.schema, find(&r, "n.x")).path, "[\"n\",\"x\"]"));
    end(&r);
}

static void table__aligns_columns_of_all_kinds(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":5,\"a\":2.5,\"m\":\"x\"}\n{\"_step\":0,\"a\":1,\"b\":true,\"m\":1,\"null\":null}");
    append(f, 2, "{\"_step\":2,\"a\":NaN,\"b\":false,\"n\":{\"x\":9223372036854775807},\"null\":4}");
    check_kinds(f);
    seal_all(f, RUN);
    check_kinds(f);
}

static void table__keeps_a_dotted_key_apart_from_a_nested_one(void **state) {
    struct history_fixture *f = *state;
    struct reading r;

    append(f, 0, "{\"_step\":0,\"a.b\":1,\"a\":{\"b\":2}}");
    read_table(f, &r, NULL, 0, INT64_MIN, INT64_MAX);
    assert_int_equal(((const int64_t *)column(&r, "a.b")->values)[0], 1);
    assert_int_equal(((const int64_t *)column(&r, "a.b~2")->values)[0], 2);
    end(&r);
}

/* Rows that other sources hold between those of one, and rows that were written again. */
static void table__merges_sources_that_overlap(void **state) {
    struct history_fixture *f = *state;
    struct reading r;

    append(f, 0, "{\"_step\":0,\"a\":0}\n{\"_step\":4,\"a\":4}\n{\"_step\":8,\"a\":8}");
    seal_all(f, RUN);
    append(f, 3, "{\"_step\":2,\"a\":2,\"s\":\"two\"}\n{\"_step\":6,\"a\":6}");
    append(f, 1, "{\"_step\":4,\"a\":40}");
    read_table(f, &r, NULL, 0, 1, 7);
    const int64_t *a = column(&r, "a")->values;
    assert_true(r.part.row_count == 3 && a[0] == 2 && a[1] == 40 && a[2] == 6);
    assert_true(r.part.steps[0] == 2 && r.part.steps[1] == 4 && r.part.steps[2] == 6);
    assert_true(str_eq_c(text_of(column(&r, "s"), 0), "two") && column(&r, "s")->null_count == 2);
    end(&r);
}

static void table__gives_rows_that_have_all_keys(void **state) {
    struct history_fixture *f = *state;
    const struct str keys[] = { STR("a"), STR("n.t") };
    struct reading r;

    append(f, 0, "{\"_step\":0,\"a\":1,\"n\":{\"t\":\"x\"}}\n{\"_step\":1,\"a\":2}\n{\"_step\":2,\"a\":null,\"n\":{\"t\":\"y\"}}\n{\"_step\":3,\"a\":4,\"n\":{\"t\":\"zz\"}}");
    read_table(f, &r, keys, 2, INT64_MIN, INT64_MAX);
    assert_true(r.part.row_count == 2 && r.part.steps[1] == 3);
    assert_true(((const int64_t *)r.part.columns[0].values)[1] == 4 && str_eq_c(text_of(&r.part.columns[1], 1), "zz"));
    assert_true(str_eq_c(history_schema_field(&r.schema, 1).name, "n.t"));
    end(&r);
}

static void table__shows_integers_that_no_double_holds_as_text(void **state) {
    struct history_fixture *f = *state;
    struct reading r;

    append(f, 0, "{\"_step\":0,\"a\":9007199254740993}");
    seal_all(f, RUN);
    append(f, 1, "{\"_step\":1,\"a\":0.5}");
    read_table(f, &r, NULL, 0, INT64_MIN, INT64_MAX);
    assert_true(str_eq_c(text_of(column(&r, "a"), 0), "9007199254740993") && str_eq_c(text_of(column(&r, "a"), 1), "0.5"));
    end(&r);
}

static void table__reads_any_part_of_many_rows(void **state) {
    struct history_fixture *f = *state;
    struct reading r;

    append_steps(f, 0, 40000);
    seal_all(f, RUN);
    append_steps(f, 40000, 500);
    read_table(f, &r, NULL, 0, INT64_MIN, INT64_MAX);
    assert_int_equal(history_table_rows(r.table), 40500);
    for (size_t first = 0; first < 40500; first += 16000) {
        struct history_part part;
        expect_ok(f, history_table_read(r.table, &r.schema, first, 16000, &part, f->arena, &f->err));
        assert_int_equal(part.row_count, first + 16000 > 40500 ? 40500 - first : 16000);
        for (size_t i = 0; i < part.row_count; i += 997)
            assert_true(part.steps[i] == (int64_t)(first + i) && ((const double *)part.columns[0].values)[i] == (double)(first + i) + 0.5);
    }
    end(&r);
}

static void table__of_nobody_has_no_rows(void **state) {
    struct history_fixture *f = *state;
    struct reading r;

    read_table(f, &r, NULL, 0, INT64_MIN, INT64_MAX);
    assert_true(r.part.row_count == 0 && r.schema.count == 0);
    end(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(table__aligns_columns_of_all_kinds),
        HISTORY_TEST(table__keeps_a_dotted_key_apart_from_a_nested_one),
        HISTORY_TEST(table__merges_sources_that_overlap),
        HISTORY_TEST(table__gives_rows_that_have_all_keys),
        HISTORY_TEST(table__shows_integers_that_no_double_holds_as_text),
        HISTORY_TEST(table__reads_any_part_of_many_rows),
        HISTORY_TEST(table__of_nobody_has_no_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
