/* test_held_uploads.c - bytes in a real database until their files in a real folder are synced. */
#include "server/api/runs/held_uploads.h"

#include "base/clock.h"
#include "base/file.h"
#include "server/blobs/depot.h"
#include "server/store/artifacts/blob.h"
#include "tests/unit/server/api/api_fixture.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

enum { WAIT_MAX_MS = 60 * 1000 };

struct world {
    struct fixture *f;
    struct depot *depot;
    struct blobs *blobs;
    struct held_uploads *held;
};

static struct world world;
static struct file_calls real_calls;
static atomic_int sync_count;
static atomic_bool is_full;

static int counted_syncfs(int fd) {
    sync_count++;
    return real_calls.syncfs(fd);
}

static ssize_t write_unless_full(int fd, const void *bytes, size_t len) {
    if (!is_full)
        return real_calls.write(fd, bytes, len);
    errno = ENOSPC;
    return -1;
}

static int set_up(void **state) {
    int result = api_set_up(state);
    world = (struct world){ .f = *state };
    const char *folder = arena_printf(world.f->arena, "%s/blobs", world.f->folder).ptr;
    assert_int_equal(depot_open(&world.depot, folder, NULL, STR_EMPTY, &world.f->err), OK);
    world.blobs = blobs_create(world.depot);
    real_calls = file_calls;
    file_calls.syncfs = counted_syncfs;
    file_calls.write = write_unless_full;
    sync_count = 0;
    is_full = false;
    return result;
}

static int tear_down(void **state) {
    held_uploads_destroy(world.held);
    file_calls = real_calls;
    blobs_destroy(world.blobs);
    depot_close(world.depot);
    return api_tear_down(state);
}

static void begin(void) {
    assert_int_equal(held_uploads_create(&world.held, world.f->app.db, world.blobs, &world.f->err), OK);
}

static void end(void) {
    held_uploads_destroy(world.held);
    world.held = NULL;
}

struct row {
    int64_t id;
    struct str bytes;
    struct blob_id blob;
};

static enum err_code add_row(struct db_tx *tx, void *context, struct err *err) {
    const struct row *row = context;
    TRY(blob_add(tx, row->blob.sha256, (int64_t)row->bytes.len, 1, err));
    return blob_held_add(tx, row->id, row->blob.sha256, row->bytes, err);
}

static struct row add(int64_t id, struct str bytes) {
    struct row row = { .id = id, .bytes = bytes };
    hash_sha256(row.blob.sha256, bytes);
    assert_int_equal(db_write(world.f->app.db, add_row, &row, &world.f->err), OK);
    return row;
}

static int64_t rows_left(void) {
    return api_count(world.f, "select count(*) from held_bytes");
}

static void wait_until_none_is_left(void) {
    int64_t until_ms = clock_mono_ms() + WAIT_MAX_MS;
    while (rows_left() > 0 && clock_mono_ms() < until_ms)
        (void)usleep(10000);
    assert_int_equal(rows_left(), 0);
}

static void assert_content(const struct row *row) {
    char bytes[64];
    uint64_t size_bytes;
    int fd;
    assert_int_equal(blobs_read(world.blobs, &row->blob, &fd, &size_bytes, &world.f->err), OK);
    assert_int_equal(size_bytes, row->bytes.len);
    assert_int_equal(read(fd, bytes, sizeof bytes), row->bytes.len);
    assert_memory_equal(bytes, row->bytes.ptr, row->bytes.len);
    (void)close(fd);
}

static void held_uploads__forget_bytes_once_their_files_are_synced(void **state) {
    (void)state;
    begin();
    for (int i = 0; i < 5; i++) {
        int64_t id = held_uploads_next_id(world.held);
        (void)add(id, STR("bytes"));
        held_uploads_note(world.held, id, true);
    }
    assert_int_equal(sync_count, 0);
    wait_until_none_is_left();
    assert_in_range(sync_count, 1, 5);
}

static void held_uploads__leave_nothing_behind_when_they_end(void **state) {
    (void)state;
    begin();
    int64_t id = held_uploads_next_id(world.held);
    (void)add(id, STR("bytes"));
    held_uploads_note(world.held, id, true);
    end();
    assert_int_equal(rows_left(), 0);
    assert_true(sync_count > 0);
}

/* The rows of a server that was killed, one of its files torn by the power cut, the other lost. */
static void held_uploads__write_at_the_start_what_was_left(void **state) {
    struct row torn = add(41, STR("torn bytes")), lost = add(42, STR("lost bytes"));
    struct str hex = hash_hex(torn.blob.sha256, SHA256_BYTES, world.f->arena);
    struct str name = arena_printf(world.f->arena, "%.*s/%.*s", 2, hex.ptr, (int)hex.len - 2, hex.ptr + 2);
    (void)state;
    assert_int_equal(depot_keep(world.depot, name, STR("torn"), &world.f->err), OK);
    begin();
    assert_content(&torn);
    assert_content(&lost);
    assert_int_equal(rows_left(), 0);
    assert_true(sync_count > 0);
}

static void held_uploads__give_no_id_twice(void **state) {
    (void)state;
    is_full = true; /* so that the row stays */
    (void)add(41, STR("bytes"));
    begin();
    assert_int_equal(held_uploads_next_id(world.held), 42);
    assert_int_equal(held_uploads_next_id(world.held), 43);
}

static void held_uploads__write_what_could_not_be_written_when_there_is_room_again(void **state) {
    struct row row = add(41, STR("no room at first"));
    (void)state;
    is_full = true;
    begin();
    assert_false(blobs_has(world.blobs, &row.blob));
    assert_int_equal(rows_left(), 1);
    is_full = false;
    wait_until_none_is_left();
    assert_content(&row);
}

/* It will write its file once more, over the one that is synced, and without its row that one could be lost. */
static void held_uploads__leave_the_row_of_an_upload_that_is_on_its_way(void **state) {
    (void)state;
    begin();
    int64_t failed = held_uploads_next_id(world.held), on_its_way = held_uploads_next_id(world.held);
    (void)add(failed, STR("could not be written"));
    (void)add(on_its_way, STR("is just being written"));
    held_uploads_note(world.held, failed, false);
    int64_t until_ms = clock_mono_ms() + WAIT_MAX_MS;
    while (rows_left() == 2 && clock_mono_ms() < until_ms)
        (void)usleep(10000);
    assert_int_equal(rows_left(), 1);
    held_uploads_note(world.held, on_its_way, true);
    wait_until_none_is_left();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(held_uploads__forget_bytes_once_their_files_are_synced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(held_uploads__give_no_id_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(held_uploads__leave_nothing_behind_when_they_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(held_uploads__leave_the_row_of_an_upload_that_is_on_its_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(held_uploads__write_at_the_start_what_was_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(held_uploads__write_what_could_not_be_written_when_there_is_room_again, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
