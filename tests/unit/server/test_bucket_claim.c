/* test_bucket_claim.c - with BAROGRAPH_TEST_BUCKETS (see tests/support/seaweed.py) a bucket and databases that want it; skipped without. */
#include "server/bucket_claim.h"

#define FIXTURE_PARTS struct db *ours; struct db *theirs;
#include "tests/unit/server/blobs/bucket_fixture.h"

static struct db *open_database(struct fixture *f, const char *name) {
    struct db *db;
    assert_int_equal(db_open(&db, arena_printf(f->arena, "sqlite:%s/%s", f->folder, name), &f->err), OK);
    return db;
}

static int set_up(void **state) {
    struct fixture *f = *state = bucket_make("");
    if (f == NULL)
        return 0;
    f->ours = open_database(f, "ours.db");
    f->theirs = open_database(f, "theirs.db");
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    if (f == NULL)
        return 0;
    db_close(f->ours);
    db_close(f->theirs);
    return bucket_drop(f);
}

static void bucket_claim__is_good_for_one_database(void **state) {
    struct fixture *f = need(state);
    assert_int_equal(bucket_claim(f->bucket, f->ours, &f->err), OK);
    assert_int_equal(bucket_claim(f->bucket, f->theirs, &f->err), ERR_CONFLICT);
    assert_int_equal(bucket_claim(f->bucket, f->ours, &f->err), OK);
}

static void bucket_claim__ends_with_its_object(void **state) {
    struct fixture *f = need(state);
    assert_int_equal(bucket_claim(f->bucket, f->ours, &f->err), OK);
    assert_int_equal(s3_remove(f->bucket, STR("barograph.owner"), &f->err), OK);
    assert_int_equal(bucket_claim(f->bucket, f->theirs, &f->err), OK);
    assert_int_equal(bucket_claim(f->bucket, f->ours, &f->err), ERR_CONFLICT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bucket_claim__is_good_for_one_database, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bucket_claim__ends_with_its_object, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
