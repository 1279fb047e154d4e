/* test_sparks.c - long courses in few numbers. */
#include "base/number.h"
#include "client/log/sparks.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void take(struct sparks *sparks, struct tree *row, const char *key, double value) {
    char text[NUMBER_TEXT_MAX];
    struct str path = str_from_c(key);
    assert_true(tree_begin(row));
    assert_true(tree_set_json(row, tree_at(row, &path, 1), (struct str){ text, number_from_double(text, value) }));
    sparks_take(sparks, row);
}

static void sparks__keep_the_shape_of_a_long_course(void **state) {
    struct sparks sparks = { .is_wanted = true };
    struct tree row;
    (void)state;
    assert_true(tree_init(&row));
    for (int i = 0; i < 100000; i++)
        take(&sparks, &row, "loss", i);
    const struct spark *spark = &sparks.list[0];
    assert_true(spark->part_count > SPARK_PARTS / 4 && spark->part_count <= SPARK_PARTS);
    for (size_t i = 1; i < spark->part_count; i++)
        assert_true(spark->sums[i] / (double)spark->counts[i] > spark->sums[i - 1] / (double)spark->counts[i - 1]);
    uint64_t count = 0;
    for (size_t i = 0; i < spark->part_count; i++)
        count += spark->counts[i];
    assert_int_equal(count, 100000);
    tree_finish(&row);
    sparks_finish(&sparks);
}

static void sparks__leave_out_what_is_not_drawn(void **state) {
    struct sparks sparks = { .is_wanted = true };
    struct buf out = BUF_INIT(4096);
    struct tree row;
    (void)state;
    assert_true(tree_init(&row));
    take(&sparks, &row, "_step", 1);
    take(&sparks, &row, "a", 2.5);
    take(&sparks, &row, "nan", 0.0 / 0.0);
    sparks_write(&sparks, &out);
    buf_append_char(&out, '\0');
    assert_string_equal(out.ptr, "{\"a\":[2.5]}");
    buf_finish(&out);
    tree_finish(&row);
    sparks_finish(&sparks);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sparks__keep_the_shape_of_a_long_course),
        cmocka_unit_test(sparks__leave_out_what_is_not_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
