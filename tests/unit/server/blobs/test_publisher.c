/* test_publisher.c - files published by a thread of their own, in groups, in a real folder. */
#include "server/blobs/publisher.h"

#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILE_COUNT = 40 };

struct file {
    struct publishing publishing;
    struct fixture *fixture;
    char name[16];
};

struct fixture {
    char folder[64];
    struct arena *arena;
    struct depot *depot;
    struct publisher *publisher;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t has_ended;
    int done_count, failed_count;
    struct file files[FILE_COUNT];
    struct err err;
};

static struct file_calls real_calls;
static int sync_count, sync_all_count;
/* While this is locked the first sync waits, and what is added meanwhile becomes the next group. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static int counted_fsync(int fd) {
    (void)pthread_mutex_lock(&gate);
    sync_count++;
    (void)pthread_mutex_unlock(&gate);
    return real_calls.fsync(fd);
}

static int counted_syncfs(int fd) {
    sync_all_count++;
    return real_calls.syncfs(fd);
}

static int set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/barograph-publisher-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    fixture->arena = arena_create();
    assert_int_equal(depot_open(&fixture->depot, fixture->folder, NULL, STR_EMPTY, &fixture->err), OK);
    fixture->publisher = publisher_create(fixture->depot, PUBLISHER_GROUP_MAX, 1);
    (void)pthread_mutex_init(&fixture->mutex, NULL);
    (void)pthread_cond_init(&fixture->has_ended, NULL);
    real_calls = file_calls;
    file_calls.fsync = counted_fsync;
    file_calls.syncfs = counted_syncfs;
    sync_count = sync_all_count = 0;
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    file_calls = real_calls;
    publisher_destroy(fixture->publisher);
    depot_close(fixture->depot);
    assert_int_equal(file_remove_tree(fixture->folder, &fixture->err), OK);
    arena_destroy(fixture->arena);
    free(fixture);
    return 0;
}

static void note_end(struct publishing *item) {
    struct file *file = (struct file *)(void *)item; /* its first member */
    struct fixture *fixture = file->fixture;
    (void)close(item->arrival.fd);
    (void)pthread_mutex_lock(&fixture->mutex);
    fixture->done_count++;
    fixture->failed_count += item->arrival.code != OK;
    (void)pthread_cond_signal(&fixture->has_ended);
    (void)pthread_mutex_unlock(&fixture->mutex);
}

static void add(struct fixture *fixture, int i) {
    struct file *file = &fixture->files[i];
    char *path;
    int fd;
    assert_int_equal(depot_stage(fixture->depot, &fd, &path, fixture->arena, &fixture->err), OK);
    assert_int_equal(write(fd, "content", 7), 7);
    if (file->name[0] == '\0')
        (void)snprintf(file->name, sizeof file->name, "%02d/file", i % 4);
    file->fixture = fixture;
    file->publishing = (struct publishing){ .arrival = { .fd = fd, .path = path, .name = str_from_c(file->name) }, .done = note_end };
    publisher_add(fixture->publisher, &file->publishing);
}

static void wait_for(struct fixture *fixture, int count) {
    (void)pthread_mutex_lock(&fixture->mutex);
    while (fixture->done_count < count)
        (void)pthread_cond_wait(&fixture->has_ended, &fixture->mutex);
    (void)pthread_mutex_unlock(&fixture->mutex);
}

static bool is_there(struct fixture *fixture, const char *name) {
    uint64_t size_bytes;
    return depot_size(fixture->depot, str_from_c(name), &size_bytes, &fixture->err) == OK && size_bytes == 7;
}

/* The first one is alone and waits at the gate; the others are there by the time that it is through. */
static void add_one_and_then_the_others(struct fixture *fixture) {
    (void)pthread_mutex_lock(&gate);
    for (int i = 0; i < FILE_COUNT; i++)
        add(fixture, i);
    (void)pthread_mutex_unlock(&gate);
    wait_for(fixture, FILE_COUNT);
}

static void publisher__syncs_a_group_twice_however_many_are_in_it(void **state) {
    struct fixture *fixture = *state;
    add_one_and_then_the_others(fixture);
    assert_int_equal(fixture->failed_count, 0);
    for (int i = 0; i < FILE_COUNT; i++)
        assert_true(is_there(fixture, fixture->files[i].name));
    assert_true(sync_all_count >= 2);
    assert_true(sync_all_count <= 4); /* the first group may have been more than one file */
    assert_true(sync_count < FILE_COUNT);
}

static void publisher__syncs_each_by_itself_when_a_group_is_one(void **state) {
    struct fixture *fixture = *state;
    publisher_destroy(fixture->publisher);
    fixture->publisher = publisher_create(fixture->depot, 1, 1);
    add_one_and_then_the_others(fixture);
    assert_int_equal(fixture->failed_count, 0);
    assert_int_equal(sync_all_count, 0);
    assert_true(sync_count >= 2 * FILE_COUNT); /* the file, and its folder */
}

static void publisher__publishes_the_rest_when_one_of_a_group_has_a_name_that_is_none(void **state) {
    struct fixture *fixture = *state;
    (void)snprintf(fixture->files[7].name, sizeof fixture->files[7].name, "staged/x");
    add_one_and_then_the_others(fixture);
    assert_int_equal(fixture->failed_count, 1);
    assert_int_equal(fixture->files[7].publishing.arrival.code, ERR_NOT_FOUND);
    assert_true(is_there(fixture, "03/file"));
}

static void publisher__ends_only_when_all_that_was_added_is_published(void **state) {
    struct fixture *fixture = *state;
    for (int i = 0; i < FILE_COUNT; i++)
        add(fixture, i);
    publisher_destroy(fixture->publisher);
    fixture->publisher = NULL;
    assert_int_equal(fixture->done_count, FILE_COUNT);
}

enum { SIDE_BY_SIDE = 3, MEET_MAX_MS = 60 * 1000 };
static atomic_int at_disk, most_at_disk;

/* Returns once as many are there as may be, so that one more would be seen. */
static int meeting_fsync(int fd) {
    int64_t end_ms = clock_mono_ms() + MEET_MAX_MS;
    int count = ++at_disk;
    if (count > most_at_disk)
        most_at_disk = count;
    while (most_at_disk < SIDE_BY_SIDE && clock_mono_ms() < end_ms)
        (void)usleep(1000);
    at_disk--;
    return real_calls.fsync(fd);
}

static void publisher__works_on_as_many_at_once_as_it_may(void **state) {
    struct fixture *fixture = *state;
    publisher_destroy(fixture->publisher);
    fixture->publisher = publisher_create(fixture->depot, 1, SIDE_BY_SIDE);
    at_disk = most_at_disk = 0;
    file_calls.fsync = meeting_fsync;
    for (int i = 0; i < FILE_COUNT; i++)
        add(fixture, i);
    wait_for(fixture, FILE_COUNT);
    assert_int_equal(fixture->failed_count, 0);
    assert_int_equal(most_at_disk, SIDE_BY_SIDE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(publisher__syncs_a_group_twice_however_many_are_in_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(publisher__syncs_each_by_itself_when_a_group_is_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(publisher__publishes_the_rest_when_one_of_a_group_has_a_name_that_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(publisher__works_on_as_many_at_once_as_it_may, set_up, tear_down),
        cmocka_unit_test_setup_teardown(publisher__ends_only_when_all_that_was_added_is_published, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
