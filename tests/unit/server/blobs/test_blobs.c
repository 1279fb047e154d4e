/* test_blobs.c - blobs in a real folder, with a disk that is full on purpose. */
#include "server/blobs/blobs.h"
#include "server/blobs/depot.h"

#include "base/file.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char folder[64];
    struct depot *depot;
    struct blobs *blobs;
    struct err err;
};

static int set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/barograph-blobs-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    assert_int_equal(depot_open(&fixture->depot, fixture->folder, NULL, STR_EMPTY, &fixture->err), OK);
    fixture->blobs = blobs_create(fixture->depot);
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    blobs_destroy(fixture->blobs);
    depot_close(fixture->depot);
    assert_int_equal(file_remove_tree(fixture->folder, &fixture->err), OK);
    free(fixture);
    return 0;
}

static struct blob_facts put(struct fixture *fixture, struct str content) {
    struct blob_writer *writer;
    struct blob_facts facts;
    assert_int_equal(blob_writer_create(&writer, fixture->blobs, &fixture->err), OK);
    assert_int_equal(blob_writer_add(writer, str_slice(content, 0, content.len / 2), &fixture->err), OK);
    assert_int_equal(blob_writer_add(writer, str_from(content, content.len / 2), &fixture->err), OK);
    assert_int_equal(blob_writer_finish(writer, &facts, &fixture->err), OK);
    return facts;
}

/* More than waits in memory. */
static struct str much(void) {
    static char bytes[100000];
    return (struct str){ bytes, sizeof bytes };
}

static size_t staged_count(struct fixture *fixture) {
    char command[128];
    int count = -1;
    (void)snprintf(command, sizeof command, "ls %s/staged | wc -l", fixture->folder);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%d", &count), 1);
    assert_int_equal(pclose(pipe), 0);
    return (size_t)count;
}

static void blobs__answer_with_the_bytes_and_their_digests(void **state) {
    struct fixture *fixture = *state;
    struct blob_facts facts = put(fixture, STR("hello world"));
    unsigned char expected[SHA256_BYTES];
    char bytes[16] = { 0 };
    uint64_t size_bytes;
    int fd;

    hash_sha256(expected, STR("hello world"));
    assert_memory_equal(facts.id.sha256, expected, SHA256_BYTES);
    hash_md5(expected, STR("hello world"));
    assert_memory_equal(facts.md5, expected, MD5_BYTES);
    assert_int_equal(facts.size_bytes, 11);
    assert_int_equal(blobs_read(fixture->blobs, &facts.id, &fd, &size_bytes, &fixture->err), OK);
    assert_int_equal(size_bytes, 11);
    assert_int_equal(read(fd, bytes, sizeof bytes), 11);
    assert_string_equal(bytes, "hello world");
    (void)close(fd);
}

static void blobs__leave_an_md5_alone_that_is_known(void **state) {
    struct fixture *fixture = *state;
    struct blob_writer *writer;
    struct blob_facts facts = { .md5 = "fifteen letters" };
    unsigned char expected[SHA256_BYTES];

    assert_int_equal(blob_writer_create(&writer, fixture->blobs, &fixture->err), OK);
    blob_writer_leave_md5(writer);
    assert_int_equal(blob_writer_add(writer, STR("hello world"), &fixture->err), OK);
    assert_int_equal(blob_writer_finish(writer, &facts, &fixture->err), OK);
    hash_sha256(expected, STR("hello world"));
    assert_memory_equal(facts.id.sha256, expected, SHA256_BYTES);
    assert_string_equal(facts.md5, "fifteen letters");
}

static void blobs__keep_the_same_bytes_once(void **state) {
    struct fixture *fixture = *state;
    struct blob_facts first = put(fixture, STR("twice")), second = put(fixture, STR("twice"));
    assert_memory_equal(&first.id, &second.id, sizeof first.id);
    assert_int_equal(staged_count(fixture), 0);
}

/* Whoever sends bytes must not tell by the time it takes whether somebody has them: the same steps are taken. */
static void blobs__take_the_same_steps_for_bytes_that_are_there(void **state) {
    struct fixture *fixture = *state;
    struct stat before, after;
    struct blob_facts facts = put(fixture, STR("known"));
    char path[256];

    (void)snprintf(path, sizeof path, "%s/%02x/", fixture->folder, facts.id.sha256[0]);
    for (int i = 1; i < SHA256_BYTES; i++)
        (void)snprintf(path + strlen(path), sizeof path - strlen(path), "%02x", facts.id.sha256[i]);
    assert_int_equal(stat(path, &before), 0);
    (void)put(fixture, STR("known"));
    assert_int_equal(stat(path, &after), 0);
    assert_int_not_equal(before.st_ino, after.st_ino); /* synced and published again, not thrown away */
    assert_int_equal(staged_count(fixture), 0);
}

static void blobs__keep_nothing_of_a_cancelled_upload(void **state) {
    struct fixture *fixture = *state;
    struct blob_writer *writer;
    struct blob_id id;

    assert_int_equal(blob_writer_create(&writer, fixture->blobs, &fixture->err), OK);
    assert_int_equal(blob_writer_add(writer, STR("half"), &fixture->err), OK);
    assert_int_equal(staged_count(fixture), 0);
    assert_int_equal(blob_writer_add(writer, much(), &fixture->err), OK);
    assert_int_equal(staged_count(fixture), 1);
    blob_writer_cancel(writer);
    hash_sha256(id.sha256, STR("half"));
    assert_false(blobs_has(fixture->blobs, &id));
    assert_int_equal(staged_count(fixture), 0);
}

static void blobs__forget_at_open_what_a_dead_process_was_staging(void **state) {
    struct fixture *fixture = *state;
    struct blob_writer *writer;
    struct depot *again;

    assert_int_equal(blob_writer_create(&writer, fixture->blobs, &fixture->err), OK);
    assert_int_equal(blob_writer_add(writer, much(), &fixture->err), OK);
    assert_int_equal(depot_open(&again, fixture->folder, NULL, STR_EMPTY, &fixture->err), OK);
    assert_int_equal(staged_count(fixture), 0);
    blob_writer_cancel(writer);
    depot_close(again);
}

static void blobs__say_not_found_for_what_was_removed(void **state) {
    struct fixture *fixture = *state;
    struct blob_facts facts = put(fixture, STR("gone"));
    uint64_t size_bytes;
    int fd;
    assert_int_equal(blobs_remove(fixture->blobs, &facts.id, &fixture->err), OK);
    assert_int_equal(blobs_remove(fixture->blobs, &facts.id, &fixture->err), OK);
    assert_int_equal(blobs_read(fixture->blobs, &facts.id, &fd, &size_bytes, &fixture->err), ERR_NOT_FOUND);
}

static ssize_t write_to_a_full_disk(int fd, const void *bytes, size_t len) {
    (void)fd;
    (void)bytes;
    (void)len;
    errno = ENOSPC;
    return -1;
}

struct ended {
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t has_ended;
    int count;
};

static void note_end(void *context, enum err_code code, const struct err *err) {
    struct ended *ended = context;
    (void)err;
    assert_int_equal(code, OK);
    (void)pthread_mutex_lock(&ended->mutex);
    ended->count++;
    (void)pthread_cond_signal(&ended->has_ended);
    (void)pthread_mutex_unlock(&ended->mutex);
}

static void wait_for_ends(struct ended *ended, int count) {
    (void)pthread_mutex_lock(&ended->mutex);
    while (ended->count < count)
        (void)pthread_cond_wait(&ended->has_ended, &ended->mutex);
    (void)pthread_mutex_unlock(&ended->mutex);
}

static void blobs__finish_many_at_once_and_a_large_one_beside_them(void **state) {
    enum { COUNT = 10, LARGE_BYTES = 3 << 20 };
    struct fixture *fixture = *state;
    struct ended ended = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 };
    struct blob_facts facts[COUNT];
    char *large = calloc(1, LARGE_BYTES);

    for (int i = 0; i < COUNT; i++) {
        struct blob_writer *writer;
        char text[16];
        (void)snprintf(text, sizeof text, "blob %d", i);
        assert_int_equal(blob_writer_create(&writer, fixture->blobs, &fixture->err), OK);
        assert_int_equal(blob_writer_add(writer, i == 5 ? (struct str){ large, LARGE_BYTES } : str_from_c(text), &fixture->err), OK);
        blob_writer_finish_later(writer, &facts[i], note_end, &ended);
    }
    wait_for_ends(&ended, COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_true(blobs_has(fixture->blobs, &facts[i].id));
    assert_int_equal(facts[5].size_bytes, LARGE_BYTES);
    assert_int_equal(facts[9].size_bytes, 6);
    assert_int_equal(staged_count(fixture), 0);
    free(large);
}

static void blobs__hold_small_bytes_for_who_keeps_them(void **state) {
    struct fixture *fixture = *state;
    struct blob_facts facts, expected;
    struct blob_writer *writer;
    struct str held;

    assert_int_equal(blob_writer_create(&writer, fixture->blobs, &fixture->err), OK);
    assert_int_equal(blob_writer_add(writer, STR("small "), &fixture->err), OK);
    assert_int_equal(blob_writer_add(writer, STR("bytes"), &fixture->err), OK);
    assert_true(blob_writer_hold(writer, &facts, &held));
    assert_true(str_eq(held, STR("small bytes")));
    blob_writer_cancel(writer);
    assert_false(blobs_has(fixture->blobs, &facts.id));
    expected = put(fixture, STR("small bytes"));
    assert_memory_equal(&facts, &expected, sizeof facts);

    assert_int_equal(blob_writer_create(&writer, fixture->blobs, &fixture->err), OK);
    assert_int_equal(blob_writer_add(writer, much(), &fixture->err), OK);
    assert_false(blob_writer_hold(writer, &facts, &held));
    blob_writer_cancel(writer);
}

/* Where another keeps the small bytes of one blob. */
struct elsewhere {
    struct blob_id id;
    struct str bytes;
    bool is_gone;
};

static enum err_code find_elsewhere(void *context, const struct blob_id *id, struct arena *arena, struct str *bytes, struct err *err) {
    const struct elsewhere *elsewhere = context;
    if (elsewhere->is_gone)
        return err_set(err, ERR_BUSY, "the database is gone");
    if (memcmp(id, &elsewhere->id, sizeof *id) == 0)
        *bytes = arena_copy(arena, elsewhere->bytes);
    return OK;
}

static void assert_reads(struct fixture *fixture, const struct blob_id *id, struct str expected) {
    char bytes[64];
    uint64_t size_bytes;
    int fd;
    assert_int_equal(blobs_read(fixture->blobs, id, &fd, &size_bytes, &fixture->err), OK);
    assert_int_equal(size_bytes, expected.len);
    assert_int_equal(read(fd, bytes, sizeof bytes), expected.len);
    assert_memory_equal(bytes, expected.ptr, expected.len);
    (void)close(fd);
}

static void blobs__are_read_where_another_keeps_them_before_the_depot(void **state) {
    struct fixture *fixture = *state;
    struct elsewhere elsewhere = { .bytes = STR("kept elsewhere") };
    struct blob_facts in_depot = put(fixture, STR("in the depot"));
    uint64_t size_bytes;
    int fd;

    hash_sha256(elsewhere.id.sha256, elsewhere.bytes);
    assert_false(blobs_has(fixture->blobs, &elsewhere.id));
    blobs_look_first(fixture->blobs, find_elsewhere, &elsewhere);
    assert_true(blobs_has(fixture->blobs, &elsewhere.id));
    assert_reads(fixture, &elsewhere.id, elsewhere.bytes);
    assert_reads(fixture, &in_depot.id, STR("in the depot"));
    elsewhere.bytes = STR_EMPTY;
    assert_reads(fixture, &elsewhere.id, STR_EMPTY);
    elsewhere.is_gone = true; /* not that it is missing */
    assert_int_equal(blobs_read(fixture->blobs, &elsewhere.id, &fd, &size_bytes, &fixture->err), ERR_BUSY);
}

static struct file_calls real_calls;
static pthread_mutex_t disk = PTHREAD_MUTEX_INITIALIZER; /* busy while it is locked */

static int wait_for_disk(int fd) {
    (void)pthread_mutex_lock(&disk);
    (void)pthread_mutex_unlock(&disk);
    return real_calls.fsync(fd);
}

/* The test would never end if the call waited. */
static void blobs__hold_up_no_caller_while_a_large_one_is_synced(void **state) {
    enum { LARGE_BYTES = 2 << 20 };
    struct fixture *fixture = *state;
    struct ended ended = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 };
    struct blob_writer *writer;
    struct blob_facts facts;
    char *large = calloc(1, LARGE_BYTES);

    assert_int_equal(blob_writer_create(&writer, fixture->blobs, &fixture->err), OK);
    assert_int_equal(blob_writer_add(writer, (struct str){ large, LARGE_BYTES }, &fixture->err), OK);
    real_calls = file_calls;
    file_calls.fsync = wait_for_disk;
    (void)pthread_mutex_lock(&disk);
    blob_writer_finish_later(writer, &facts, note_end, &ended);
    (void)pthread_mutex_unlock(&disk);
    wait_for_ends(&ended, 1);
    file_calls = real_calls;
    assert_true(blobs_has(fixture->blobs, &facts.id));
    free(large);
}

static void blobs__report_a_full_disk_as_such(void **state) {
    struct fixture *fixture = *state;
    struct file_calls real = file_calls;
    struct blob_writer *writer;
    struct blob_facts facts;

    assert_int_equal(blob_writer_create(&writer, fixture->blobs, &fixture->err), OK);
    file_calls.write = write_to_a_full_disk;
    assert_int_equal(blob_writer_add(writer, STR("x"), &fixture->err), OK);
    assert_int_equal(blob_writer_add(writer, much(), &fixture->err), ERR_FULL);
    blob_writer_cancel(writer);
    assert_int_equal(blob_writer_create(&writer, fixture->blobs, &fixture->err), OK);
    assert_int_equal(blob_writer_add(writer, STR("x"), &fixture->err), OK);
    assert_int_equal(blob_writer_finish(writer, &facts, &fixture->err), ERR_FULL);
    file_calls = real;
    assert_false(blobs_has(fixture->blobs, &facts.id));
    assert_int_equal(staged_count(fixture), 0);
}

/* The first two begin where a block does, the last one does not. */
static const size_t piece_sizes[] = { 3 * 4096, 5000, 4096 };
enum { PIECES = 3, WHOLE_BYTES = 3 * 4096 + 5000 + 4096 };

static void add_file(struct fixture *fixture, struct blob_writer *writer, const struct blob_id *id) {
    char bytes[WHOLE_BYTES];
    uint64_t size_bytes;
    int fd;
    assert_int_equal(blobs_read(fixture->blobs, id, &fd, &size_bytes, &fixture->err), OK);
    assert_int_equal(read(fd, bytes, sizeof bytes), size_bytes);
    blob_writer_share(writer, fd, size_bytes);
    assert_int_equal(blob_writer_add(writer, (struct str){ bytes, 1000 }, &fixture->err), OK);
    assert_int_equal(blob_writer_add(writer, (struct str){ bytes + 1000, size_bytes - 1000 }, &fixture->err), OK);
    (void)close(fd);
}

/* On a file system that can share blocks (XFS, btrfs) this shares them. */
static void blobs__are_made_of_files_whether_they_share_blocks_or_not(void **state) {
    struct fixture *fixture = *state;
    char whole[WHOLE_BYTES], back[WHOLE_BYTES + 1];
    struct blob_writer *writer;
    struct blob_facts facts, expected;
    uint64_t size_bytes;
    size_t at = 0;
    int fd;

    for (size_t i = 0; i < WHOLE_BYTES; i++)
        whole[i] = (char)(i * 7 + i / 256);
    assert_int_equal(blob_writer_create(&writer, fixture->blobs, &fixture->err), OK);
    for (int i = 0; i < PIECES; at += piece_sizes[i++]) {
        struct blob_facts piece = put(fixture, (struct str){ whole + at, piece_sizes[i] });
        add_file(fixture, writer, &piece.id);
    }
    assert_int_equal(blob_writer_finish(writer, &facts, &fixture->err), OK);
    assert_int_equal(blobs_read(fixture->blobs, &facts.id, &fd, &size_bytes, &fixture->err), OK);
    assert_int_equal(size_bytes, WHOLE_BYTES);
    assert_int_equal(read(fd, back, sizeof back), WHOLE_BYTES);
    assert_memory_equal(back, whole, WHOLE_BYTES);
    (void)close(fd);
    expected = put(fixture, (struct str){ whole, WHOLE_BYTES });
    assert_memory_equal(&facts.id, &expected.id, sizeof facts.id);
    assert_memory_equal(facts.md5, expected.md5, MD5_BYTES);
}

/* The disk is full just when the first bytes are to leave memory; then there is room again. */
static void blobs__begin_with_their_first_bytes_also_after_a_full_disk(void **state) {
    struct fixture *fixture = *state;
    struct file_calls calls = file_calls;
    struct blob_writer *writer;
    struct blob_facts facts, part = put(fixture, STR("second"));
    char back[32] = { 0 };
    uint64_t size_bytes;
    int fd;

    assert_int_equal(blob_writer_create(&writer, fixture->blobs, &fixture->err), OK);
    assert_int_equal(blob_writer_add(writer, STR("first "), &fixture->err), OK);
    assert_int_equal(blobs_read(fixture->blobs, &part.id, &fd, &size_bytes, &fixture->err), OK);
    file_calls.write = write_to_a_full_disk;
    blob_writer_share(writer, fd, size_bytes);
    file_calls = calls;
    (void)close(fd);
    assert_int_equal(blob_writer_add(writer, STR("second"), &fixture->err), OK);
    assert_int_equal(blob_writer_finish(writer, &facts, &fixture->err), OK);
    assert_int_equal(blobs_read(fixture->blobs, &facts.id, &fd, &size_bytes, &fixture->err), OK);
    assert_int_equal(read(fd, back, sizeof back), 12);
    assert_string_equal(back, "first second");
    (void)close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(blobs__answer_with_the_bytes_and_their_digests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blobs__leave_an_md5_alone_that_is_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blobs__keep_the_same_bytes_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blobs__take_the_same_steps_for_bytes_that_are_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blobs__keep_nothing_of_a_cancelled_upload, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blobs__forget_at_open_what_a_dead_process_was_staging, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blobs__say_not_found_for_what_was_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blobs__finish_many_at_once_and_a_large_one_beside_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blobs__hold_up_no_caller_while_a_large_one_is_synced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blobs__hold_small_bytes_for_who_keeps_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blobs__are_read_where_another_keeps_them_before_the_depot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blobs__report_a_full_disk_as_such, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blobs__begin_with_their_first_bytes_also_after_a_full_disk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blobs__are_made_of_files_whether_they_share_blocks_or_not, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
