/* test_segment_files.c - files are there whole or not at all, and only ours are listed and removed. */
#include "server/blobs/s3.h"
#include "tests/unit/base/http_peer.h"
#include "tests/unit/server/history/segment_fixture.h"

#include <dirent.h>

static struct segment_file *begin(struct segment_fixture *f) {
    struct segment_file *file = NULL;
    must(f, segment_file_create(&file, f->files, RUN, &f->err));
    return file;
}

struct found {
    struct arena *arena;
    struct str last;
    int64_t modified_ms;
    size_t count;
};

static enum err_code find(void *context, struct str name, int64_t modified_ms, struct err *err) {
    struct found *found = context;
    (void)err;
    found->last = arena_copy(found->arena, name);
    found->modified_ms = modified_ms;
    found->count++;
    return OK;
}

/* Finished or not. */
static size_t count_files(struct segment_fixture *f) {
    struct found found = { .arena = f->arena };
    DIR *staged = opendir(path_in(f, STR("staged")));
    const struct dirent *entry;
    must(f, segment_files_list(f->files, find, &found, &f->err));
    assert_non_null(staged);
    while ((entry = readdir(staged)) != NULL)
        found.count += entry->d_name[0] != '.';
    (void)closedir(staged);
    return found.count;
}

static struct str publish(struct segment_fixture *f, struct str bytes) {
    struct segment_file *file = begin(f);
    must(f, segment_file_append(file, bytes, &f->err));
    must(f, segment_file_publish(file, &f->err));
    struct str name = arena_copy(f->arena, segment_file_name(file));
    segment_file_destroy(file);
    return name;
}

static void segment_files__hold_what_was_appended_in_small_and_large_pieces(void **state) {
    struct segment_fixture *f = *state;
    struct segment_file *file = begin(f);
    size_t large = 3 << 20, total = 0;
    char *piece = arena_alloc(f->arena, large);

    for (size_t i = 0; i < large; i++)
        piece[i] = (char)(i * 7 + i / 251);
    const size_t sizes[] = { 1, 1000, large, 0, 5, (1 << 20) - 3, 700000, 700000 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        must(f, segment_file_append(file, (struct str){ piece, sizes[i] }, &f->err));
        total += sizes[i];
    }
    assert_int_equal(segment_file_size(file), total);
    must(f, segment_file_publish(file, &f->err));
    struct str whole = read_whole(f, segment_file_name(file));
    assert_int_equal(whole.len, total);
    for (size_t i = 0, at = 0; i < sizeof(sizes) / sizeof(sizes[0]); at += sizes[i++])
        assert_memory_equal(whole.ptr + at, piece, sizes[i]);
    segment_file_destroy(file);
}

static void segment_files__leave_nothing_of_what_was_not_published(void **state) {
    struct segment_fixture *f = *state;
    struct segment_file *file = begin(f);
    unsigned char byte;

    must(f, segment_file_append(file, STR("PAR1"), &f->err));
    assert_int_equal(count_files(f), 1); /* the temporary one */
    assert_int_equal(segment_files_read(f->files, segment_file_name(file), 0, 1, &byte, &f->err), ERR_NOT_FOUND);
    segment_file_destroy(file);
    assert_int_equal(count_files(f), 0);
}

static void segment_files__are_read_exactly_or_not_at_all(void **state) {
    struct segment_fixture *f = *state;
    struct str name = publish(f, STR("0123456789"));
    char bytes[16];

    must(f, segment_files_read(f->files, name, 3, 4, bytes, &f->err));
    assert_memory_equal(bytes, "3456", 4);
    assert_int_equal(segment_files_read(f->files, name, 8, 3, bytes, &f->err), ERR_CORRUPT);
    must(f, segment_files_remove(f->files, name, &f->err));
    assert_int_equal(segment_files_read(f->files, name, 0, 1, bytes, &f->err), ERR_NOT_FOUND);
    must(f, segment_files_remove(f->files, name, &f->err)); /* again is harmless */
}

static void segment_files__are_never_outside_their_folder(void **state) {
    struct segment_fixture *f = *state;
    const char *const names[] = { "../secret", "/etc/passwd", "7/../../secret", "", "7//x", "7/.", "a\\b" };
    int fd;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(segment_files_open(f->files, str_from_c(names[i]), &fd, &f->err), ERR_NOT_FOUND);
}

static void segment_files__have_names_that_never_come_again(void **state) {
    struct segment_fixture *f = *state;
    struct str first = publish(f, STR("1")), second = publish(f, STR("2"));
    assert_false(str_eq(first, second));
    assert_true(first.len == strlen("7/") + 32 + strlen(".parquet") && memcmp(first.ptr, "7/", 2) == 0);
}

static void segment_files__list_what_is_theirs(void **state) {
    struct segment_fixture *f = *state;
    struct str name = publish(f, STR("1"));
    struct found found = { .arena = f->arena };

    must(f, file_make_folders(path_in(f, STR("lost+found")), 0700, &f->err));
    must(f, file_replace(path_in(f, STR("7/abc.parquet")), STR("x"), 0600, &f->err));
    must(f, segment_files_list(f->files, find, &found, &f->err));
    assert_int_equal(found.count, 1);
    assert_true(str_eq(found.last, name));
    assert_true(found.modified_ms > INT64_C(1700000000000));
}

static void segment_files__lose_folders_that_are_empty_and_old(void **state) {
    struct segment_fixture *f = *state;
    struct str name = publish(f, STR("1"));

    segment_files_remove_empty_folders(f->files, INT64_MAX);
    assert_true(file_exists(path_in(f, name)));
    must(f, segment_files_remove(f->files, name, &f->err));
    segment_files_remove_empty_folders(f->files, 0);
    assert_true(file_exists(path_in(f, STR("7"))));
    segment_files_remove_empty_folders(f->files, INT64_MAX);
    assert_false(file_exists(path_in(f, STR("7"))));
    (void)publish(f, STR("1")); /* the place for what is not finished is still there */
}

#define BUCKET_SENDS(bytes) STR("HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\nConnection: close\r\n\r\n" bytes)
#define NAME STR("7/0123456789abcdef0123456789abcdef.parquet")

/* Of files that lie in a bucket, which is asked as often as it has answers. */
static void read_far(struct segment_fixture *f, struct segment_files *files, const char *expected) {
    char bytes[4];
    must(f, segment_files_read(files, NAME, 3, sizeof bytes, bytes, &f->err));
    assert_memory_equal(bytes, expected, sizeof bytes);
}

static void segment_files__that_lie_in_a_bucket_are_read_there_once_and_again_when_damaged(void **state) {
    static const struct str says[] = { STR("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), BUCKET_SENDS("3x56"),
                                       BUCKET_SENDS("3456") };
    struct segment_fixture *f = *state;
    struct http_peer peer = { .says_each = says, .connection_count = 3 }; /* it is looked for first */
    struct depot *depot;
    struct s3 *bucket;

    http_peer_start(&peer);
    (void)setenv("AWS_ACCESS_KEY_ID", "an-id", 0);
    (void)setenv("AWS_SECRET_ACCESS_KEY", "a secret", 0);
    must(f, s3_open(&bucket, arena_printf(f->arena, "s3://bucket?endpoint=http://127.0.0.1:%u", peer.port), &f->err));
    must(f, depot_open(&depot, f->folder, bucket, STR_EMPTY, &f->err));
    struct segment_files *files = segment_files_create(depot);
    read_far(f, files, "3x56");
    read_far(f, files, "3x56");
    segment_files_forget(files, NAME);
    read_far(f, files, "3456");
    http_peer_finish(&peer);
    read_far(f, files, "3456");
    segment_files_destroy(files);
    depot_close(depot);
    s3_close(bucket);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SEGMENT_TEST(segment_files__hold_what_was_appended_in_small_and_large_pieces),
        SEGMENT_TEST(segment_files__leave_nothing_of_what_was_not_published),
        SEGMENT_TEST(segment_files__are_read_exactly_or_not_at_all),
        SEGMENT_TEST(segment_files__are_never_outside_their_folder),
        SEGMENT_TEST(segment_files__have_names_that_never_come_again),
        SEGMENT_TEST(segment_files__list_what_is_theirs),
        SEGMENT_TEST(segment_files__that_lie_in_a_bucket_are_read_there_once_and_again_when_damaged),
        SEGMENT_TEST(segment_files__lose_folders_that_are_empty_and_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
