/* test_blob.c - how a blob goes in steps, and who may take it up in between. */
#include "server/store/artifacts/blob.h"

#include "tests/unit/server/store/accounts_fixture.h"

enum { NOW = 1000000, LATER = NOW + 500, SIZE = 9 };

static const unsigned char sha256[SHA256_BYTES] = { 7 };
#define THE_BLOB ((struct str){ (const char *)sha256, SHA256_BYTES })

static enum err_code expect_state(struct db_tx *tx, enum blob_state expected, struct err *err) {
    enum blob_state state;
    TRY(blob_find_state(tx, sha256, &state, err));
    EXPECT(state == expected);
    return OK;
}

static enum err_code expect_listed(struct db_tx *tx, struct fixture *f, const struct blob_ages *ages, size_t count, struct err *err) {
    struct list garbage;
    struct str last;
    TRY(blob_list_garbage(tx, STR_EMPTY, ages, 10, f->arena, &garbage, &last, err));
    EXPECT(garbage.count == count);
    return OK;
}

WORK_TEST(blob__goes_in_steps_and_comes_back) {
    struct fixture *f = context;
    const struct blob_ages ages = { .unused_before = LATER, .marked_before = NOW - 1, .gone_before = NOW };
    bool is_marked;
    struct err ignored;

    TRY(expect_state(tx, BLOB_KEPT, err));
    TRY(blob_add(tx, sha256, SIZE, NOW, err));
    TRY(expect_listed(tx, f, &ages, 1, err));
    TRY(blob_mark(tx, THE_BLOB, &ages, LATER, &is_marked, err));
    EXPECT(is_marked);
    TRY(expect_state(tx, BLOB_GOING, err));
    EXPECT(blob_add(tx, sha256, SIZE, LATER, &ignored) == ERR_BUSY);
    TRY(expect_listed(tx, f, &ages, 0, err));

    TRY(blob_finish(tx, THE_BLOB, LATER - 1, LATER, err)); /* another's mark */
    TRY(expect_state(tx, BLOB_GOING, err));
    TRY(blob_finish(tx, THE_BLOB, LATER, LATER, err));
    TRY(expect_state(tx, BLOB_GONE, err));
    TRY(blob_add(tx, sha256, SIZE, LATER, err));
    return expect_state(tx, BLOB_KEPT, err);
}

WORK_TEST(blob__that_somebody_has_stays) {
    struct fixture *f = context;
    const struct blob_ages ages = { .unused_before = LATER, .marked_before = NOW, .gone_before = NOW };
    bool is_marked;
    TRY(blob_add(tx, sha256, SIZE, NOW, err));
    TRY(expect_listed(tx, f, &ages, 1, err));
    TRY(db_exec(tx, DB_ARGS(DB_BLOB(THE_BLOB)),
                "insert into run_files (run_id, path, sha256, md5, size_bytes, announced_at) values (1, 'a', $1, $1, 9, 1)", err));
    TRY(expect_listed(tx, f, &ages, 0, err));
    TRY(blob_mark(tx, THE_BLOB, &ages, LATER, &is_marked, err)); /* found before somebody took it up */
    EXPECT(!is_marked);
    return expect_state(tx, BLOB_KEPT, err);
}

WORK_TEST(blob__that_is_young_stays) {
    struct fixture *f = context;
    const struct blob_ages ages = { .unused_before = NOW, .marked_before = NOW, .gone_before = NOW };
    bool is_marked;
    TRY(blob_add(tx, sha256, SIZE, NOW, err));
    TRY(expect_listed(tx, f, &ages, 0, err));
    TRY(blob_mark(tx, THE_BLOB, &ages, LATER, &is_marked, err));
    EXPECT(!is_marked);
    return OK;
}

WORK_TEST(blob__whose_mark_is_old_is_marked_anew) {
    struct fixture *f = context;
    const struct blob_ages first = { .unused_before = LATER, .marked_before = NOW - 1, .gone_before = NOW };
    const struct blob_ages second = { .unused_before = 2 * LATER, .marked_before = LATER + 1, .gone_before = NOW };
    bool is_marked;
    TRY(blob_add(tx, sha256, SIZE, NOW, err));
    TRY(blob_mark(tx, THE_BLOB, &first, LATER, &is_marked, err));
    TRY(blob_mark(tx, THE_BLOB, &first, LATER, &is_marked, err));
    EXPECT(!is_marked);
    TRY(expect_listed(tx, f, &second, 1, err));
    TRY(blob_mark(tx, THE_BLOB, &second, 2 * LATER, &is_marked, err));
    EXPECT(is_marked);
    TRY(blob_finish(tx, THE_BLOB, LATER, 2 * LATER, err)); /* the first one comes late */
    return expect_state(tx, BLOB_GOING, err);
}

WORK_TEST(blob__leaves_no_row_in_the_end) {
    struct fixture *f = context;
    const struct blob_ages first = { .unused_before = LATER, .marked_before = NOW - 1, .gone_before = NOW };
    const struct blob_ages last = { .unused_before = LATER, .marked_before = NOW - 1, .gone_before = 2 * LATER };
    bool is_marked;
    int64_t count;
    TRY(blob_add(tx, sha256, SIZE, NOW, err));
    TRY(blob_mark(tx, THE_BLOB, &first, LATER, &is_marked, err));
    TRY(blob_finish(tx, THE_BLOB, LATER, LATER, err));
    TRY(expect_listed(tx, f, &first, 0, err));
    TRY(expect_listed(tx, f, &last, 1, err));
    TRY(blob_mark(tx, THE_BLOB, &last, 2 * LATER, &is_marked, err));
    EXPECT(!is_marked);
    TRY(count_rows(tx, "select count(*) from blobs", &count, err));
    EXPECT(count == 0);
    return OK;
}

static enum err_code expect_bytes(struct db_tx *tx, struct fixture *f, struct str expected, struct err *err) {
    struct str bytes;
    TRY(blob_find_bytes(tx, sha256, f->arena, &bytes, err));
    EXPECT((bytes.ptr == NULL) == (expected.ptr == NULL));
    EXPECT(str_eq(bytes, expected));
    return OK;
}

WORK_TEST(blob__bytes_are_found_until_the_blob_goes) {
    static const struct str none = { NULL, 0 };
    const struct blob_ages ages = { .unused_before = LATER, .marked_before = NOW - 1, .gone_before = NOW };
    struct fixture *f = context;
    bool is_marked, has_some;
    int64_t count;

    TRY(blob_keep_bytes(tx, sha256, STR("of no blob"), err));
    TRY(blob_has_bytes(tx, &has_some, err));
    EXPECT(!has_some);
    TRY(blob_add(tx, sha256, SIZE, NOW, err));
    TRY(expect_bytes(tx, f, none, err));
    TRY(blob_keep_bytes(tx, sha256, STR("the bites"), err));
    TRY(blob_keep_bytes(tx, sha256, STR("the bytes"), err)); /* sent again: what was damaged is mended */
    TRY(blob_add(tx, sha256, SIZE, NOW, err));
    TRY(expect_bytes(tx, f, STR("the bytes"), err));
    TRY(blob_has_bytes(tx, &has_some, err));
    EXPECT(has_some);
    TRY(blob_mark(tx, THE_BLOB, &ages, LATER, &is_marked, err));
    TRY(blob_finish(tx, THE_BLOB, LATER - 1, LATER, err)); /* another's mark */
    TRY(expect_bytes(tx, f, STR("the bytes"), err));
    TRY(blob_finish(tx, THE_BLOB, LATER, LATER, err));
    TRY(expect_bytes(tx, f, none, err));
    TRY(count_rows(tx, "select count(*) from blob_bytes", &count, err));
    EXPECT(count == 0);
    return OK;
}

WORK_TEST(blob__of_no_bytes_is_another_than_none) {
    struct fixture *f = context;
    TRY(blob_add(tx, sha256, 0, NOW, err));
    TRY(blob_keep_bytes(tx, sha256, STR_EMPTY, err));
    return expect_bytes(tx, f, STR_EMPTY, err);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(blob__goes_in_steps_and_comes_back, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(blob__that_somebody_has_stays, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(blob__that_is_young_stays, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(blob__whose_mark_is_old_is_marked_anew, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(blob__bytes_are_found_until_the_blob_goes, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(blob__of_no_bytes_is_another_than_none, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(blob__leaves_no_row_in_the_end, fixture_set_up, fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
