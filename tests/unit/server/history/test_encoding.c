/* test_encoding.c - what is encoded decodes to the same, and nothing else is taken for it. */
#include "server/history/encoding.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { COUNT = 1000 };

static void check_deltas(const int64_t *values, size_t count) {
    struct buf out = BUF_INIT(1 << 20);
    int64_t back[COUNT];

    encode_deltas(&out, values, count);
    struct byte_reader in = bytes_from(buf_str(&out));
    assert_true(decode_deltas(&in, back, count));
    assert_int_equal(bytes_left(&in), 0);
    assert_memory_equal(back, values, count * sizeof(*values));
    for (size_t len = 0; len < out.len; len++) {
        in = bytes_from((struct str){ out.ptr, len });
        assert_false(decode_deltas(&in, back, count));
    }
    buf_finish(&out);
}

static void encoding__keeps_integers_of_every_size(void **state) {
    int64_t values[COUNT];
    uint64_t random = 1;

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        values[i] = (int64_t)(random >> (random & 63));
    }
    const size_t counts[] = { 1, 2, 32, 33, 128, 129, 130, COUNT };
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        check_deltas(values, counts[i]);
    const int64_t extremes[] = { INT64_MIN, INT64_MAX, INT64_MIN, 0, -1, INT64_MAX };
    check_deltas(extremes, 6);
}

static void encoding__packs_a_steady_count_into_next_to_nothing(void **state) {
    struct buf out = BUF_INIT(1 << 20);
    int64_t values[COUNT];

    (void)state;
    for (int64_t i = 0; i < COUNT; i++)
        values[i] = 7 * i;
    encode_deltas(&out, values, COUNT);
    assert_in_range(out.len, 1, 60);
    buf_finish(&out);
}

static void encoding__splits_doubles_and_joins_them(void **state) {
    uint64_t values[COUNT], back[COUNT];
    char split[COUNT * 8];

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        values[i] = i * 0x0123456789abcdefU;
    for (size_t count = 0; count < 40; count++) {
        encode_split(split, values, count);
        assert_true(count == 0 || (uint8_t)split[count] == (uint8_t)(values[0] >> 8));
        assert_true(decode_split((struct str){ split, count * 8 }, back, count));
        assert_memory_equal(back, values, count * 8);
        assert_false(decode_split((struct str){ split, count * 8 + 1 }, back, count));
    }
}

static void check_levels(const bool *levels, size_t count) {
    struct buf out = BUF_INIT(1 << 20);
    bool back[COUNT];

    encode_levels(&out, levels, count);
    struct byte_reader in = bytes_from(buf_str(&out));
    assert_true(decode_levels(&in, back, count));
    assert_memory_equal(back, levels, count);
    assert_int_equal(bytes_left(&in), 0);
    in = bytes_from((struct str){ out.ptr, out.len - 1 });
    assert_false(decode_levels(&in, back, count));
    buf_finish(&out);
}

static void encoding__keeps_levels(void **state) {
    bool all[COUNT], none[COUNT], some[COUNT];

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        all[i] = true;
        none[i] = false;
        some[i] = i % 7 == 3;
    }
    check_levels(all, COUNT);
    check_levels(none, COUNT);
    check_levels(some, COUNT);
    check_levels(some, 13);
}

/* Other writers mix runs; a run of nothing must not go on for ever. */
static void encoding__reads_runs_of_other_writers(void **state) {
    const char runs[] = { 6, 0, 0, 0, 3 << 1, 1, 1 << 1 | 1, 0x05, 2 << 1, 0 };
    const char empty[] = { 2, 0, 0, 0, 0, 1 };
    bool back[COUNT];

    (void)state;
    struct byte_reader in = bytes_from((struct str){ runs, sizeof(runs) });
    assert_true(decode_levels(&in, back, 13));
    const bool expected[13] = { true, true, true, true, false, true };
    assert_memory_equal(back, expected, 13);
    in = bytes_from((struct str){ empty, sizeof(empty) });
    assert_false(decode_levels(&in, back, 5));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoding__keeps_integers_of_every_size),
        cmocka_unit_test(encoding__packs_a_steady_count_into_next_to_nothing),
        cmocka_unit_test(encoding__splits_doubles_and_joins_them),
        cmocka_unit_test(encoding__keeps_levels),
        cmocka_unit_test(encoding__reads_runs_of_other_writers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
