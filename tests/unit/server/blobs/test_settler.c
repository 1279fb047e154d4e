/* test_settler.c - parts of several files are made durable together, each of its own file. */
#include "server/blobs/settler.h"

#include "base/file.h"
#include "server/blobs/depot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILES = 3, PARTS = 20 };

static struct file_calls real_calls;
static atomic_int sync_count;
static _Atomic bool may_sync;
static atomic_int done_count;

static int counted_sync(int fd) {
    while (!may_sync)
        (void)usleep(1000);
    sync_count++;
    return real_calls.fsync(fd);
}

static void done(struct settling *item, enum err_code code, const struct err *err) {
    (void)item;
    (void)err;
    done_count += code == OK;
}

static void settler__waits_for_the_disk_once_for_all_that_wait(void **state) {
    char folder[] = "/tmp/settler-XXXXXX";
    struct settling items[FILES][PARTS] = { 0 };
    struct gather *gathers[FILES];
    struct depot *depot;
    struct err err;
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(depot_open(&depot, folder, NULL, STR_EMPTY, &err), OK);
    struct blobs *blobs = blobs_create(depot);
    struct settler *settler = settler_create();
    const struct str names[FILES] = { STR("a"), STR("b"), STR("c") };
    for (size_t i = 0; i < FILES; i++)
        assert_int_equal(gather_open(&gathers[i], blobs, names[i], true, &err), OK);
    real_calls = file_calls;
    file_calls.fsync = counted_sync;
    for (size_t part = 0; part < PARTS; part++)
        for (size_t i = 0; i < FILES; i++) {
            struct settling *item = &items[i][part];
            item->arrival.place = gather_claim(gathers[i], part + 1, PARTS, 5);
            item->done = done;
            assert_non_null(item->arrival.place);
            assert_int_equal(gather_place_add(item->arrival.place, STR("bytes"), &err), OK);
            memset(item->arrival.md5, (int)part, MD5_BYTES);
            settler_add(settler, item);
        }
    may_sync = true;
    settler_destroy(settler);
    assert_int_equal(done_count, FILES * PARTS);
    assert_true(sync_count <= 2 * (FILES + FILES)); /* the first part may have gone alone */
    for (size_t i = 0; i < FILES; i++) {
        for (size_t part = 0; part < PARTS; part++) {
            uint64_t offset, size_bytes;
            assert_true(gather_has(gathers[i], part + 1, items[i][part].arrival.md5, &offset, &size_bytes));
            assert_int_equal(offset, part * 5);
        }
        gather_close(gathers[i]);
    }
    file_calls = real_calls;
    blobs_destroy(blobs);
    depot_close(depot);
    assert_int_equal(file_remove_tree(folder, &err), OK);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(settler__waits_for_the_disk_once_for_all_that_wait) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
