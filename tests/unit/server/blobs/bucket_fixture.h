/* bucket_fixture.h - a folder in /tmp, and a bucket that nobody else has in the store that BAROGRAPH_TEST_BUCKETS names
 * (see tests/support/seaweed.py). Without one a test that needs a bucket is skipped.
 *
 * Who includes it says first what else its tests hold: #define FIXTURE_PARTS struct depot *depot;
 */
#ifndef TESTS_BUCKET_FIXTURE_H
#define TESTS_BUCKET_FIXTURE_H

#include "base/file.h"
#include "base/hash.h"
#include "server/blobs/s3.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    char folder[64];
    struct arena *arena;
    struct str url;
    struct s3 *bucket; /* NULL: only the folder */
    struct err err;
    FIXTURE_PARTS
};

#define assert_ok(f, call)                                                                                   \
    do {                                                                                                     \
        if ((call) != OK)                                                                                    \
            fail_msg("%s", (f)->err.message);                                                                \
    } while (0)

static inline struct fixture *folder_make(void) {
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = arena_create();
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/barograph-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    return f;
}

/* options: "&direct=on". NULL when there is no store. */
static inline struct fixture *bucket_make(const char *options) {
    const char *endpoint = getenv("BAROGRAPH_TEST_BUCKETS");
    uint32_t number;
    if (endpoint == NULL)
        return NULL;
    struct fixture *f = folder_make();
    hash_random(&number, sizeof number);
    f->url = arena_printf(f->arena, "s3://test-%08x/some/folder?endpoint=%s%s", number, endpoint, options);
    assert_ok(f, s3_open(&f->bucket, f->url, &f->err));
    return f;
}

/* For a teardown, after the test's own parts are closed. */
static inline int bucket_drop(struct fixture *f) {
    s3_close(f->bucket);
    int result = file_remove_tree(f->folder, &f->err) == OK ? 0 : -1;
    arena_destroy(f->arena);
    free(f);
    return result;
}

static inline struct fixture *need(void **state) {
    if (*state == NULL)
        skip();
    return *state;
}

#endif
