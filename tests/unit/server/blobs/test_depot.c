/* test_depot.c - a folder, and with BAROGRAPH_TEST_BUCKETS (see tests/support/seaweed.py) a bucket with a folder before it. */
#include "server/blobs/depot.h"

#include "base/buf.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIXTURE_PARTS struct depot *depot;
#include "tests/unit/server/blobs/bucket_fixture.h"

static int open_depot(struct fixture *f) {
    assert_ok(f, depot_open(&f->depot, f->folder, f->bucket, STR("things/"), &f->err));
    return 0;
}

static int set_up_folder(void **state) {
    return open_depot(*state = folder_make());
}

static int set_up_bucket(void **state) {
    *state = bucket_make("&direct=on");
    return *state == NULL ? 0 : open_depot(*state);
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    if (f == NULL)
        return 0;
    depot_close(f->depot);
    return bucket_drop(f);
}

static void publish(struct fixture *f, const char *name, const char *text) {
    char *path;
    int fd;
    assert_ok(f, depot_stage(f->depot, &fd, &path, f->arena, &f->err));
    assert_ok(f, file_write_all(fd, str_from_c(text), path, &f->err));
    assert_ok(f, depot_publish(f->depot, fd, path, str_from_c(name), &f->err));
    assert_false(file_exists(path));
    (void)close(fd);
}

static void assert_content(struct fixture *f, const char *name, const char *text) {
    char bytes[64] = { 0 };
    int fd;
    assert_ok(f, depot_read(f->depot, str_from_c(name), &fd, &f->err));
    assert_true(read(fd, bytes, sizeof bytes - 1) >= 0);
    assert_string_equal(bytes, text);
    (void)close(fd);
}

static bool is_here(struct fixture *f, const char *name) {
    return file_exists(file_join(f->arena, f->folder, name));
}

static enum err_code collect(void *context, struct str name, int64_t modified_ms, struct err *err) {
    (void)err;
    assert_true(modified_ms > INT64_C(1700000000000));
    buf_printf(context, "%.*s ", STR_ARG(name));
    return OK;
}

static void depot__holds_what_was_published(void **state) {
    struct fixture *f = need(state);
    struct buf names = BUF_INIT(4096);
    uint64_t size;
    char part[3];

    publish(f, "a/one", "hello");
    publish(f, "b/two", "world");
    assert_content(f, "a/one", "hello");
    assert_ok(f, depot_read_part(f->depot, STR("b/two"), 1, 3, part, &f->err));
    assert_memory_equal(part, "orl", 3);
    assert_int_equal(depot_read_part(f->depot, STR("b/two"), 4, 3, part, &f->err), ERR_CORRUPT);
    assert_ok(f, depot_size(f->depot, STR("b/two"), &size, &f->err));
    assert_int_equal(size, 5);
    assert_ok(f, depot_list(f->depot, STR("b/"), collect, &names, &f->err));
    assert_true(str_eq_c(buf_str(&names), "b/two "));
    buf_finish(&names);
    assert_ok(f, depot_remove(f->depot, STR("b/two"), &f->err));
    assert_int_equal(depot_size(f->depot, STR("b/two"), &size, &f->err), ERR_NOT_FOUND);
    assert_ok(f, depot_remove(f->depot, STR("b/two"), &f->err));
}

static void depot__has_no_names_outside(void **state) {
    struct fixture *f = need(state);
    const char *const names[] = { "../secret", "/etc/passwd", "a/../../b", "", "alone", "staged/x" };
    int fd;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(depot_read(f->depot, str_from_c(names[i]), &fd, &f->err), ERR_NOT_FOUND);
}

static void depot__removes_nothing_while_it_is_held(void **state) {
    struct fixture *f = need(state);
    publish(f, "a/one", "hello");
    depot_hold(f->depot);
    assert_int_equal(depot_remove(f->depot, STR("a/one"), &f->err), ERR_BUSY);
    assert_content(f, "a/one", "hello");
    depot_let_go(f->depot);
    assert_ok(f, depot_remove(f->depot, STR("a/one"), &f->err));
}

static void depot__drops_nothing_that_is_only_here(void **state) {
    struct fixture *f = need(state);
    publish(f, "a/one", "hello");
    depot_tidy(f->depot, 0);
    assert_content(f, "a/one", "hello");
}

static void depot__fetches_what_was_dropped(void **state) {
    struct fixture *f = need(state);
    struct str url;
    const struct timespec long_ago[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

    publish(f, "a/one", "hello");
    publish(f, "b/two", "world");
    assert_int_equal(utimensat(AT_FDCWD, file_join(f->arena, f->folder, "a/one"), long_ago, 0), 0);
    depot_tidy(f->depot, 5);
    assert_false(is_here(f, "a/one"));
    assert_true(is_here(f, "b/two"));
    assert_ok(f, depot_link(f->depot, STR("b/two"), 60, STR_EMPTY, &url, f->arena, &f->err));
    assert_null(url.ptr);
    assert_ok(f, depot_link(f->depot, STR("a/one"), 60, STR_EMPTY, &url, f->arena, &f->err));
    assert_true(str_contains(url, STR("/things/a/one?X-Amz-")));
    assert_content(f, "a/one", "hello");
    assert_true(is_here(f, "a/one"));
}

static void depot__reads_small_parts_without_fetching_the_rest(void **state) {
    struct fixture *f = need(state);
    char part[3];
    publish(f, "a/one", "hello");
    depot_tidy(f->depot, 0);
    assert_ok(f, depot_read_part(f->depot, STR("a/one"), 1, 3, part, &f->err));
    assert_memory_equal(part, "ell", 3);
    assert_false(is_here(f, "a/one"));
}

#define FOLDER_TEST(function) cmocka_unit_test_setup_teardown(function, set_up_folder, tear_down)
#define BUCKET_TEST(function) cmocka_unit_test_setup_teardown(function, set_up_bucket, tear_down)

int main(void) {
    const struct CMUnitTest folder[] = {
        FOLDER_TEST(depot__holds_what_was_published),
        FOLDER_TEST(depot__has_no_names_outside),
        FOLDER_TEST(depot__removes_nothing_while_it_is_held),
        FOLDER_TEST(depot__drops_nothing_that_is_only_here),
    };
    const struct CMUnitTest bucket[] = {
        BUCKET_TEST(depot__holds_what_was_published),
        BUCKET_TEST(depot__has_no_names_outside),
        BUCKET_TEST(depot__removes_nothing_while_it_is_held),
        BUCKET_TEST(depot__fetches_what_was_dropped),
        BUCKET_TEST(depot__reads_small_parts_without_fetching_the_rest),
    };
    return cmocka_run_group_tests(folder, NULL, NULL) + cmocka_run_group_tests(bucket, NULL, NULL);
}
