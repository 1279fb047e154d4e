/* test_joiner.c - what becomes of files whose parts stop coming, on a real database and a real folder. */
#include "server/api/artifacts/joiner.h"

#include "base/clock.h"
#include "base/file.h"
#include "server/blobs/depot.h"
#include "tests/unit/server/api/api_fixture.h"

#include <dirent.h>
#include <stdatomic.h>
#include <unistd.h>

enum { WAIT_MAX_MS = 60 * 1000, IDLE_MS = 300, LONG_MS = 60 * 60 * 1000 };

struct world {
    struct fixture *f;
    struct depot *depot;
    struct joiner *joiner;
    struct joint_part first, second;
};

static const struct joiner_file the_file = { 1, 1000, { "big.bin", 7 } };

static struct world world;
static struct file_calls real_calls;
static atomic_int removed_count;

static int counted_unlink(const char *path) {
    int result = real_calls.unlink(path);
    removed_count++;
    return result;
}

static void put(struct str bytes, struct joint_part *part) {
    struct blob_writer *writer;
    struct blob_facts facts;
    assert_int_equal(blob_writer_create(&writer, world.f->app.blobs, &world.f->err), OK);
    assert_int_equal(blob_writer_add(writer, bytes, &world.f->err), OK);
    assert_int_equal(blob_writer_finish(writer, &facts, &world.f->err), OK);
    *part = (struct joint_part){ .is_known = true, .is_blob = true, .id = facts.id };
    memcpy(part->md5, facts.md5, MD5_BYTES);
}

static int set_up(void **state, int64_t idle_max_ms) {
    int result = api_set_up(state);
    world = (struct world){ .f = *state };
    const char *folder = arena_printf(world.f->arena, "%s/blobs", world.f->folder).ptr;
    assert_int_equal(depot_open(&world.depot, folder, NULL, STR_EMPTY, &world.f->err), OK);
    world.f->app.blobs = blobs_create(world.depot);
    world.joiner = joiner_create(&world.f->app, idle_max_ms);
    put(STR("first "), &world.first);
    put(STR("second"), &world.second);
    real_calls = file_calls;
    file_calls.unlink = counted_unlink;
    removed_count = 0;
    return result;
}

static int set_up_impatient(void **state) {
    return set_up(state, IDLE_MS);
}

static int set_up_patient(void **state) {
    return set_up(state, LONG_MS);
}

static int tear_down(void **state) {
    joiner_stop(world.joiner);
    joiner_destroy(world.joiner);
    file_calls = real_calls;
    blobs_destroy(world.f->app.blobs);
    depot_close(world.depot);
    return api_tear_down(state);
}

/* How much of files lies there that are being made; -1: there is none. */
static int64_t staged_bytes(void) {
    DIR *folder = opendir(arena_printf(world.f->arena, "%s/blobs/staged", world.f->folder).ptr);
    int64_t total = -1;
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        uint64_t size_bytes;
        if (entry->d_name[0] != '.' &&
            file_size(&size_bytes, arena_printf(world.f->arena, "%s/blobs/staged/%s", world.f->folder, entry->d_name).ptr, &world.f->err) == OK)
            total = (total < 0 ? 0 : total) + (int64_t)size_bytes;
    }
    (void)closedir(folder);
    return total;
}

static bool comes_to(int64_t bytes) {
    int64_t end_ms = clock_mono_ms() + WAIT_MAX_MS;
    while (staged_bytes() != bytes && clock_mono_ms() < end_ms)
        (void)usleep(10 * 1000);
    return staged_bytes() == bytes;
}

static enum err_code ask(bool *is_pending, struct blob_facts *facts) {
    const struct joint_part parts[2] = { world.first, world.second };
    return joiner_ask(world.joiner, &the_file, parts, 2, facts, is_pending, &world.f->err);
}

static void assert_becomes_whole(void) {
    int64_t end_ms = clock_mono_ms() + WAIT_MAX_MS;
    struct blob_facts facts;
    bool is_pending = true;
    while (is_pending && clock_mono_ms() < end_ms) {
        assert_int_equal(ask(&is_pending, &facts), OK);
        (void)usleep(10 * 1000);
    }
    assert_false(is_pending);
    assert_int_equal(facts.size_bytes, 12);
    unsigned char expected[SHA256_BYTES];
    hash_sha256(expected, STR("first second"));
    assert_memory_equal(facts.id.sha256, expected, SHA256_BYTES);
}

static void joiner__drops_a_file_that_nobody_goes_on_with(void **state) {
    (void)state;
    int64_t end_ms = clock_mono_ms() + WAIT_MAX_MS;
    joiner_note_part(world.joiner, &the_file, 1, &world.first);
    while (removed_count == 0 && clock_mono_ms() < end_ms)
        (void)usleep(10 * 1000);
    assert_int_equal(removed_count, 1);
    assert_int_equal(staged_bytes(), -1);
    assert_becomes_whole(); /* whoever comes back after all loses nothing: the draft has the parts */
}

static void joiner__keeps_a_file_whose_next_part_may_come(void **state) {
    (void)state;
    joiner_note_part(world.joiner, &the_file, 1, &world.first);
    assert_true(comes_to(6));
    joiner_note_part(world.joiner, &the_file, 2, &world.second);
    assert_true(comes_to(12));
    assert_becomes_whole();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(joiner__drops_a_file_that_nobody_goes_on_with, set_up_impatient, tear_down),
        cmocka_unit_test_setup_teardown(joiner__keeps_a_file_whose_next_part_may_come, set_up_patient, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
