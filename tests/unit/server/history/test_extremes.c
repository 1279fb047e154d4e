/* test_extremes.c - the lowest and highest value of a key, from the tail, from segments, and past what is hidden. */
#include "tests/unit/server/history/far_fixture.h"

#include <math.h>

struct extremes_call {
    struct history *history;
    struct str key;
    struct run_extremes found[2];
};

static enum err_code read_extremes(struct db_tx *tx, void *context, struct err *err) {
    struct extremes_call *call = context;
    return history_read_extremes(call->history, tx, (const int64_t[]){ RUN, RUN + 1 }, 2, call->key, call->found, err);
}

static void expect_extremes(struct history_fixture *f, const char *key, double min, double max) {
    struct extremes_call call = { .history = f->history, .key = str_from_c(key) };
    expect_ok(f, db_read(f->db, read_extremes, &call, &f->err));
    if (call.found[0].min != min || call.found[0].max != max)
        fail_msg("%s: %g to %g, not %g to %g", key, call.found[0].min, call.found[0].max, min, max);
    assert_true(isnan(call.found[1].min) && isnan(call.found[1].max)); /* a run without a history */
}

static void extremes__are_those_of_finite_values(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"y\":3,\"a\":{\"b\":-1}}\n{\"_step\":1,\"y\":NaN}\n{\"_step\":2,\"y\":-Infinity}\n{\"_step\":3,\"y\":0.5}");
    expect_extremes(f, "y", 0.5, 3);
    seal_all(f, RUN);
    expect_extremes(f, "y", 0.5, 3);
    expect_extremes(f, "a.b", -1, -1);
    append(f, 4, "{\"_step\":4,\"y\":7}");
    expect_extremes(f, "y", 0.5, 7);
}

static void extremes__leave_out_what_is_hidden(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"y\":1}\n{\"_step\":1,\"y\":100}\n{\"_step\":2,\"y\":2}\n{\"_step\":3,\"y\":-5}");
    seal_all(f, RUN);
    append(f, 1, "{\"_step\":1,\"y\":3}"); /* instead of the line with 100 */
    expect_extremes(f, "y", -5, 3);
}

static enum err_code rewind_work(struct db_tx *tx, void *context, struct err *err) {
    struct history_remains remains;
    return history_rewind(context, tx, RUN, 1, &remains, err);
}

static void extremes__leave_out_what_a_rewind_took_away(void **state) {
    struct history_fixture *f = *state;

    append(f, 0, "{\"_step\":0,\"y\":1}\n{\"_step\":1,\"y\":2}\n{\"_step\":2,\"y\":9}");
    seal_all(f, RUN);
    expect_ok(f, db_write(f->db, rewind_work, f->history, &f->err));
    expect_extremes(f, "y", 1, 2);
}

static void extremes__of_what_lies_in_a_bucket_wait_until_it_was_brought_near(void **state) {
    struct history_fixture *f = *state;
    struct extremes_call call = { .key = STR("y") };
    struct http_peer bucket;

    append(f, 0, "{\"_step\":0,\"y\":1}\n{\"_step\":1,\"y\":2}\n{\"_step\":2,\"y\":9}");
    seal_all(f, RUN);
    expect_ok(f, db_write(f->db, rewind_work, f->history, &f->err));
    move_segments_far(f, &bucket, 1);
    call.history = f->history;
    expect_ok(f, db_read(f->db, read_extremes, &call, &f->err));
    assert_true(call.found[0].is_far && !call.found[1].is_far);
    assert_int_equal(history_bring_extremes_near(f->history, RUN, STR("y"), &f->err), ERR_NOT_FOUND); /* says the bucket */
    http_peer_finish(&bucket);
    expect_ok(f, history_bring_extremes_near(f->history, RUN, STR("nobody's"), &f->err));
    bring_segments_near(f);
    expect_ok(f, history_bring_extremes_near(f->history, RUN, STR("y"), &f->err));
    expect_extremes(f, "y", 1, 2);
}

static void extremes__of_texts_and_of_nothing_are_none(void **state) {
    struct history_fixture *f = *state;
    struct extremes_call call = { .history = f->history, .key = STR("t") };

    append(f, 0, "{\"_step\":0,\"t\":\"x\",\"n\":NaN}");
    expect_ok(f, db_read(f->db, read_extremes, &call, &f->err));
    assert_true(isnan(call.found[0].min) && isnan(call.found[0].max));
    call.key = STR("n");
    seal_all(f, RUN);
    expect_ok(f, db_read(f->db, read_extremes, &call, &f->err));
    assert_true(isnan(call.found[0].min) && isnan(call.found[0].max));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(extremes__are_those_of_finite_values),
        HISTORY_TEST(extremes__leave_out_what_is_hidden),
        HISTORY_TEST(extremes__leave_out_what_a_rewind_took_away),
        HISTORY_TEST(extremes__of_what_lies_in_a_bucket_wait_until_it_was_brought_near),
        HISTORY_TEST(extremes__of_texts_and_of_nothing_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
