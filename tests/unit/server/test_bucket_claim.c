/* test_bucket_claim.c - with BAROGRAPH_TEST_BUCKETS (see tests/support/seaweed.py) a bucket and databases that want it; skipped without. */
#include "server/bucket_claim.h"

#include "base/file.h"
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    char folder[64];
    struct arena *arena;
    struct s3 *bucket;
    struct db *ours, *theirs;
    struct err err;
};

static struct db *open_database(struct fixture *f, const char *name) {
    struct db *db;
    assert_int_equal(db_open(&db, arena_printf(f->arena, "sqlite:%s/%s", f->folder, name), &f->err), OK);
    return db;
}

static int set_up(void **state) {
    const char *endpoint = getenv("BAROGRAPH_TEST_BUCKETS");
    uint32_t number;
    *state = NULL;
    if (endpoint == NULL)
        return 0;
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    f->arena = arena_create();
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/barograph-claim-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    hash_random(&number, sizeof number);
    assert_int_equal(s3_open(&f->bucket, arena_printf(f->arena, "s3://claim-%08x/team?endpoint=%s", number, endpoint), &f->err), OK);
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
    s3_close(f->bucket);
    int result = file_remove_tree(f->folder, &f->err) == OK ? 0 : -1;
    arena_destroy(f->arena);
    free(f);
    return result;
}

static struct fixture *need(void **state) {
    if (*state == NULL)
        skip();
    return *state;
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
