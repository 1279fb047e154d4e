/* test_gather.c - parts at their places: in any order, over a restart, and never written twice. */
#include "server/blobs/gather.h"

#include "base/file.h"
#include "server/blobs/depot.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    struct arena *arena;
    char folder[64];
    struct depot *depot;
    struct blobs *blobs;
    struct gather *gather;
    struct file_calls real_calls;
    struct err err;
};

static struct world world;

static void open_all(void) {
    assert_int_equal(depot_open(&world.depot, world.folder, NULL, STR_EMPTY, &world.err), OK);
    world.blobs = blobs_create(world.depot);
    assert_int_equal(gather_open(&world.gather, world.blobs, STR("1-2-x"), true, &world.err), OK);
}

static void close_all(void) {
    gather_close(world.gather);
    blobs_destroy(world.blobs);
    depot_close(world.depot);
}

static void restart(void) {
    close_all();
    open_all();
}

static int set_up(void **state) {
    (void)state;
    world = (struct world){ .arena = arena_create(), .folder = "/tmp/gather-XXXXXX", .real_calls = file_calls };
    assert_non_null(mkdtemp(world.folder));
    open_all();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    file_calls = world.real_calls;
    close_all();
    assert_int_equal(file_remove_tree(world.folder, &world.err), OK);
    arena_destroy(world.arena);
    return 0;
}

static void md5_of(struct str text, unsigned char md5[MD5_BYTES]) {
    hash_md5(md5, text);
}

static enum err_code settle(struct gather_place *place, struct str text) {
    struct gather_arrival arrival = { .place = place };
    const struct gather_arrival *arrivals[] = { &arrival };
    md5_of(text, arrival.md5);
    return gather_settle(arrivals, 1, &world.err);
}

static void put(size_t number, struct str text) {
    struct gather_place *place = gather_claim(world.gather, number, 3, text.len);
    assert_non_null(place);
    assert_int_equal(gather_place_add(place, str_slice(text, 0, 1), &world.err), OK);
    assert_int_equal(gather_place_add(place, str_from(text, 1), &world.err), OK);
    assert_int_equal(settle(place, text), OK);
}

static bool has(size_t number, struct str text) {
    unsigned char md5[MD5_BYTES];
    uint64_t offset, size_bytes;
    md5_of(text, md5);
    if (!gather_has(world.gather, number, md5, &offset, &size_bytes))
        return false;
    assert_int_equal(offset, (number - 1) * 6);
    assert_int_equal(size_bytes, text.len);
    return true;
}

static struct blob_facts facts_of(struct str text) {
    struct blob_facts facts = { .size_bytes = text.len };
    hash_sha256(facts.id.sha256, text);
    hash_md5(facts.md5, text);
    return facts;
}

static void assert_is_blob(struct str text) {
    struct blob_facts facts = facts_of(text);
    char room[64];
    uint64_t size_bytes;
    int fd;
    assert_int_equal(blobs_read(world.blobs, &facts.id, &fd, &size_bytes, &world.err), OK);
    assert_int_equal(size_bytes, text.len);
    assert_int_equal(read(fd, room, sizeof room), text.len);
    assert_memory_equal(room, text.ptr, text.len);
    (void)close(fd);
}

static void gather__takes_parts_in_any_order_and_becomes_a_blob(void **state) {
    (void)state;
    struct blob_facts whole = facts_of(STR("first second.")), found;
    put(2, STR("second"));
    put(3, STR("."));
    put(1, STR("first "));
    assert_true(has(1, STR("first ")) && has(2, STR("second")) && has(3, STR(".")));
    assert_false(has(1, STR("other ")));
    assert_false(gather_is_sealed(world.gather, &found));
    assert_int_equal(gather_publish(world.gather, &whole, &world.err), OK);
    assert_is_blob(STR("first second."));
    assert_true(gather_is_sealed(world.gather, &found));
    assert_memory_equal(&found, &whole, sizeof found);
}

static void gather__keeps_what_was_settled_over_a_restart(void **state) {
    (void)state;
    put(2, STR("second"));
    struct gather_place *place = gather_claim(world.gather, 1, 3, 6);
    assert_int_equal(gather_place_add(place, STR("firs"), &world.err), OK);
    gather_place_give_up(place);
    restart();
    assert_true(has(2, STR("second")));
    assert_false(has(1, STR("first ")));
    assert_null(gather_claim(world.gather, 2, 3, 6));
    assert_null(gather_claim(world.gather, 1, 3, 7)); /* it knows how large they are */
    put(1, STR("first "));
    put(3, STR("end"));
    restart();
    assert_true(has(1, STR("first ")) && has(2, STR("second")) && has(3, STR("end")));
}

static void gather__has_no_place_for_a_part_that_does_not_fit(void **state) {
    (void)state;
    assert_null(gather_claim(world.gather, 3, 3, 5)); /* the last one may be smaller: it does not say where it begins */
    assert_null(gather_claim(world.gather, 1, 3, 0));
    assert_null(gather_claim(world.gather, 0, 3, 6));
    assert_null(gather_claim(world.gather, 4, 3, 6));
    assert_null(gather_claim(world.gather, 1, GATHER_PARTS_MAX + 1, 6));
    assert_null(gather_claim(world.gather, GATHER_PARTS_MAX - 1, GATHER_PARTS_MAX, UINT64_MAX / 2));
    struct gather_place *place = gather_claim(world.gather, 1, 3, 6);
    assert_non_null(place);
    assert_null(gather_claim(world.gather, 1, 3, 6));
    assert_null(gather_claim(world.gather, 2, 3, 7));
    assert_null(gather_claim(world.gather, 2, 4, 6));
    assert_null(gather_claim(world.gather, 3, 3, 7));
    assert_int_equal(gather_place_add(place, STR("seven b"), &world.err), ERR_BAD_INPUT);
    gather_place_give_up(place);
    put(1, STR("another size")); /* what was given up says nothing about the others */
}

static void gather__cuts_off_what_an_upload_left_behind(void **state) {
    (void)state;
    struct blob_facts whole = facts_of(STR("first second"));
    put(1, STR("first "));
    put(2, STR("second"));
    struct gather_place *place = gather_claim(world.gather, 3, 3, 5);
    assert_int_equal(gather_place_add(place, STR("thir"), &world.err), OK);
    assert_int_equal(gather_publish(world.gather, &whole, &world.err), ERR_BUSY);
    gather_place_give_up(place);
    assert_int_equal(gather_publish(world.gather, &whole, &world.err), OK);
    assert_is_blob(STR("first second"));
    assert_null(gather_claim(world.gather, 3, 3, 5)); /* it would be written to the blob */
}

static void gather__gives_its_blob_again_when_a_collector_took_it(void **state) {
    (void)state;
    struct blob_facts whole = facts_of(STR("first second")), found;
    put(1, STR("first "));
    put(2, STR("second"));
    assert_int_equal(gather_publish(world.gather, &whole, &world.err), OK);
    restart();
    assert_true(gather_is_sealed(world.gather, &found));
    assert_int_equal(blobs_remove(world.blobs, &whole.id, &world.err), OK);
    assert_int_equal(gather_publish(world.gather, &found, &world.err), OK);
    assert_is_blob(STR("first second"));
    whole.id.sha256[0] ^= 1;
    assert_int_equal(gather_publish(world.gather, &whole, &world.err), ERR_CONFLICT);
}

static int no_links(const char *from, const char *to) {
    (void)from;
    (void)to;
    errno = EPERM;
    return -1;
}

static void gather__becomes_a_blob_where_there_are_no_links(void **state) {
    (void)state;
    struct blob_facts whole = facts_of(STR("first second"));
    put(1, STR("first "));
    put(2, STR("second"));
    file_calls.link = no_links;
    assert_int_equal(gather_publish(world.gather, &whole, &world.err), OK);
    assert_is_blob(STR("first second"));
    gather_remove(world.gather);
}

static ssize_t no_room(int fd, const void *bytes, size_t len) {
    (void)fd;
    (void)bytes;
    (void)len;
    errno = ENOSPC;
    return -1;
}

static ssize_t half_of_a_record(int fd, const void *bytes, size_t len) {
    return len > 40 ? world.real_calls.write(fd, bytes, 40) : no_room(fd, bytes, len);
}

static void gather__counts_no_part_whose_record_could_not_be_written(void **state) {
    (void)state;
    put(1, STR("first "));
    struct gather_place *place = gather_claim(world.gather, 2, 3, 6);
    assert_int_equal(gather_place_add(place, STR("second"), &world.err), OK);
    file_calls.write = half_of_a_record;
    assert_int_equal(settle(place, STR("second")), ERR_FULL);
    file_calls = world.real_calls;
    assert_false(has(2, STR("second")));
    put(2, STR("second"));
    put(3, STR("."));
    restart();
    assert_true(has(1, STR("first ")) && has(2, STR("second")) && has(3, STR(".")));
}

static void gather__can_be_sealed_later_when_the_disk_was_full(void **state) {
    (void)state;
    struct blob_facts whole = facts_of(STR("first second")), found;
    put(1, STR("first "));
    put(2, STR("second"));
    file_calls.write = no_room;
    assert_int_equal(gather_publish(world.gather, &whole, &world.err), ERR_FULL);
    file_calls = world.real_calls;
    assert_false(gather_is_sealed(world.gather, &found));
    assert_int_equal(gather_publish(world.gather, &whole, &world.err), OK);
}

static const char *path_of(const char *end) {
    return arena_printf(world.arena, "%s/" DEPOT_KEPT "/1-2-x%s", world.folder, end).ptr;
}

static void gather__believes_no_list_without_its_bytes(void **state) {
    (void)state;
    put(1, STR("first "));
    assert_int_equal(unlink(path_of(".bytes")), 0);
    restart();
    assert_false(has(1, STR("first ")));
    put(1, STR("again "));
    restart();
    assert_true(has(1, STR("again ")));
    assert_false(has(1, STR("first ")));
}

/* As after a crash between the two removals, or when a record was damaged: the bytes are a blob's, and nothing says so. */
static void gather__never_writes_to_what_has_become_a_blob(void **state) {
    (void)state;
    struct blob_facts whole = facts_of(STR("first second"));
    put(1, STR("first "));
    put(2, STR("second"));
    assert_int_equal(gather_publish(world.gather, &whole, &world.err), OK);
    assert_int_equal(unlink(path_of(".parts")), 0);
    restart();
    put(1, STR("other "));
    assert_is_blob(STR("first second"));
    restart();
    assert_true(has(1, STR("other ")));
}

static void gather__reads_records_up_to_a_damaged_one(void **state) {
    (void)state;
    put(1, STR("first "));
    put(2, STR("second"));
    FILE *list = fopen(path_of(".parts"), "r+b");
    assert_non_null(list);
    assert_int_equal(fseek(list, 80 + 50, SEEK_SET), 0);
    assert_int_equal(fputc(7, list), 7);
    assert_int_equal(fclose(list), 0);
    restart();
    assert_true(has(1, STR("first ")));
    assert_false(has(2, STR("second")));
    put(2, STR("second"));
    restart();
    assert_true(has(2, STR("second")));
}

static void gather__is_gone_once_removed(void **state) {
    (void)state;
    put(1, STR("first "));
    gather_remove(world.gather);
    assert_false(has(1, STR("first ")));
    assert_null(gather_claim(world.gather, 2, 3, 6));
    assert_false(file_exists(path_of(".bytes")) || file_exists(path_of(".parts")));
    struct gather *other;
    assert_int_equal(gather_open(&other, world.blobs, STR("1-2-x"), false, &world.err), ERR_NOT_FOUND);
}

static bool is_wanted(void *context, struct str name, int64_t modified_ms) {
    (*(int *)context)++;
    assert_true(modified_ms > 0);
    return str_eq(name, STR("1-2-x"));
}

static void gather__sweeps_those_that_nobody_wants(void **state) {
    (void)state;
    struct gather *other;
    int asked = 0;
    assert_int_equal(gather_open(&other, world.blobs, STR("3-4-y"), true, &world.err), OK);
    gather_close(other);
    gather_sweep(world.blobs, is_wanted, &asked);
    assert_int_equal(asked, 4);
    assert_true(file_exists(path_of(".bytes")) && file_exists(path_of(".parts")));
    assert_int_equal(gather_open(&other, world.blobs, STR("3-4-y"), false, &world.err), ERR_NOT_FOUND);
}

#define GATHER_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        GATHER_TEST(gather__takes_parts_in_any_order_and_becomes_a_blob),
        GATHER_TEST(gather__keeps_what_was_settled_over_a_restart),
        GATHER_TEST(gather__has_no_place_for_a_part_that_does_not_fit),
        GATHER_TEST(gather__cuts_off_what_an_upload_left_behind),
        GATHER_TEST(gather__gives_its_blob_again_when_a_collector_took_it),
        GATHER_TEST(gather__becomes_a_blob_where_there_are_no_links),
        GATHER_TEST(gather__counts_no_part_whose_record_could_not_be_written),
        GATHER_TEST(gather__can_be_sealed_later_when_the_disk_was_full),
        GATHER_TEST(gather__believes_no_list_without_its_bytes),
        GATHER_TEST(gather__never_writes_to_what_has_become_a_blob),
        GATHER_TEST(gather__reads_records_up_to_a_damaged_one),
        GATHER_TEST(gather__is_gone_once_removed),
        GATHER_TEST(gather__sweeps_those_that_nobody_wants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
