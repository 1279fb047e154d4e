/* test_file.c - files on a real folder, and file_calls replaced to fail on purpose. */
#include "base/file.h"
#include "tests/unit/base/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/barograph-test-file-XXXXXX";
static struct file_calls real_calls;

static const char *in_folder(void **state, const char *name) {
    return file_join(*state, folder, name);
}

static int make_folder_and_arena(void **state) {
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    assert_non_null(mkdtemp(folder));
    real_calls = file_calls;
    return make_arena(state);
}

static int end_folder_and_arena(void **state) {
    struct err err = { 0 };
    file_calls = real_calls;
    assert_int_equal(file_remove_tree(folder, &err), OK);
    return end_arena(state);
}

#undef TEST
#define TEST(function) cmocka_unit_test_setup_teardown(function, make_folder_and_arena, end_folder_and_arena)

static void assert_content(void **state, const char *path, const char *expected) {
    struct str content;
    struct err err = { 0 };
    assert_int_equal(file_read_all(&content, path, 1000, *state, &err), OK);
    assert_str(content, expected);
}

static size_t count_entries(void) {
    char command[128];
    size_t count = 0;
    (void)snprintf(command, sizeof command, "ls -A %s | wc -l", folder);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%zu", &count), 1);
    (void)pclose(pipe);
    return count;
}

static ssize_t write_full_disk(int fd, const void *bytes, size_t len) {
    (void)fd, (void)bytes, (void)len;
    errno = ENOSPC;
    return -1;
}

static ssize_t write_nothing(int fd, const void *bytes, size_t len) {
    (void)fd, (void)bytes, (void)len;
    return 0;
}

/* Every other call is interrupted, the others take one byte. */
static ssize_t write_one_byte(int fd, const void *bytes, size_t len) {
    static unsigned calls;
    if (++calls % 2 != 0) {
        errno = EINTR;
        return -1;
    }
    return real_calls.write(fd, bytes, len == 0 ? 0 : 1);
}

static ssize_t pread_one_byte(int fd, void *bytes, size_t len, off_t offset) {
    static unsigned calls;
    if (++calls % 2 != 0) {
        errno = EINTR;
        return -1;
    }
    return real_calls.pread(fd, bytes, len == 0 ? 0 : 1, offset);
}

static ssize_t pread_broken(int fd, void *bytes, size_t len, off_t offset) {
    (void)fd, (void)bytes, (void)len, (void)offset;
    errno = EIO;
    return -1;
}

static int open_interrupted_once(const char *path, int flags, mode_t mode) {
    static unsigned calls;
    if (++calls % 2 != 0) {
        errno = EINTR;
        return -1;
    }
    return real_calls.open(path, flags, mode);
}

static int rename_forbidden(const char *from, const char *to) {
    (void)from, (void)to;
    errno = EACCES;
    return -1;
}

static int unlink_forbidden(const char *path) {
    (void)path;
    errno = EPERM;
    return -1;
}

static int fsync_broken(int fd) {
    (void)fd;
    errno = EIO;
    return -1;
}

static unsigned sync_count;

static int fsync_counted(int fd) {
    sync_count++;
    return real_calls.fsync(fd);
}

static int fsync_interrupted_once(int fd) {
    if (++sync_count == 1) {
        errno = EINTR;
        return -1;
    }
    return real_calls.fsync(fd);
}

static void file__replaces_content_and_leaves_nothing_beside(void **state) {
    const char *path = in_folder(state, "a");
    struct err err = { 0 };
    struct stat status;

    assert_int_equal(file_replace(path, STR("one"), 0600, &err), OK);
    assert_int_equal(file_replace(path, STR("second"), 0600, &err), OK);
    assert_content(state, path, "second");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(count_entries(), 1);
}

static void file__syncs_the_file_and_its_folder(void **state) {
    struct err err = { 0 };
    sync_count = 0;
    file_calls.fsync = fsync_counted;
    assert_int_equal(file_replace(in_folder(state, "a"), STR("x"), 0600, &err), OK);
    assert_int_equal(sync_count, 2);
}

static void file__keeps_the_old_content_on_a_full_disk(void **state) {
    const char *path = in_folder(state, "a");
    struct err err = { 0 };

    assert_int_equal(file_replace(path, STR("old"), 0600, &err), OK);
    file_calls.write = write_full_disk;
    assert_int_equal(file_replace(path, STR("new"), 0600, &err), ERR_FULL);
    assert_non_null(strstr(err.message, "cannot write '"));
    assert_non_null(strstr(err.message, "No space left on device"));
    assert_content(state, path, "old");
    assert_int_equal(count_entries(), 1);
}

static void file__keeps_the_old_content_when_renaming_fails(void **state) {
    const char *path = in_folder(state, "a");
    struct err err = { 0 };

    assert_int_equal(file_replace(path, STR("old"), 0600, &err), OK);
    file_calls.rename = rename_forbidden;
    assert_int_equal(file_replace(path, STR("new"), 0600, &err), ERR_IO);
    assert_content(state, path, "old");
    assert_int_equal(count_entries(), 1);
}

static void file__goes_on_after_interruptions_and_short_writes(void **state) {
    const char *path = in_folder(state, "a");
    struct err err = { 0 };

    file_calls.write = write_one_byte;
    file_calls.pread = pread_one_byte;
    file_calls.open = open_interrupted_once;
    assert_int_equal(file_replace(path, STR("all of it"), 0600, &err), OK);
    assert_content(state, path, "all of it");
}

static void file__does_not_wait_for_ever_on_a_write_of_nothing(void **state) {
    struct err err = { 0 };
    file_calls.write = write_nothing;
    assert_int_equal(file_replace(in_folder(state, "a"), STR("x"), 0600, &err), ERR_IO);
    assert_int_equal(count_entries(), 0);
}

static void file__reads_exactly_or_says_corrupt(void **state) {
    const char *path = in_folder(state, "a");
    struct err err = { 0 };
    char bytes[8] = { 0 };
    int fd;

    assert_int_equal(file_replace(path, STR("0123456789"), 0600, &err), OK);
    assert_int_equal(file_open(&fd, path, O_RDONLY, 0, &err), OK);
    assert_int_equal(file_read_at(fd, bytes, 4, 6, path, &err), OK);
    assert_string_equal(bytes, "6789");
    assert_int_equal(file_read_at(fd, bytes, 5, 6, path, &err), ERR_CORRUPT);
    assert_non_null(strstr(err.message, "ends at byte 10, 1 bytes early"));
    assert_int_equal(file_read_at(fd, bytes, 5, UINT64_MAX - 2, path, &err), ERR_CORRUPT);
    assert_int_equal(file_read_at(fd, bytes, 5, INT64_MAX, path, &err), ERR_CORRUPT);
    file_calls.pread = pread_broken;
    assert_int_equal(file_read_at(fd, bytes, 4, 0, path, &err), ERR_IO);
    assert_int_equal(close(fd), 0);
}

static void file__reads_whole_files_up_to_a_limit(void **state) {
    const char *path = in_folder(state, "a");
    struct err err = { 0 };
    struct str content;

    assert_int_equal(file_replace(path, STR("12345"), 0600, &err), OK);
    assert_int_equal(file_read_all(&content, path, 5, *state, &err), OK);
    assert_str(content, "12345");
    assert_int_equal(file_read_all(&content, path, 4, *state, &err), ERR_TOO_LARGE);
    assert_int_equal(file_replace(path, STR_EMPTY, 0600, &err), OK);
    assert_int_equal(file_read_all(&content, path, 0, *state, &err), OK);
    assert_int_equal(content.len, 0);
}

static void file__reads_files_whose_size_is_not_known(void **state) {
    struct err err = { 0 };
    struct str content;
    assert_int_equal(file_read_all(&content, "/proc/self/status", 1 << 20, *state, &err), OK);
    assert_true(str_starts_with(content, STR("Name:")));
    assert_true(content.len > 100);
    assert_int_equal(file_read_all(&content, "/proc/self/status", 100, *state, &err), ERR_TOO_LARGE);
}

static void file__tells_a_missing_file_from_a_broken_one(void **state) {
    const char *path = in_folder(state, "missing");
    struct err err = { 0 };
    struct str content;
    uint64_t size;

    assert_int_equal(file_read_all(&content, path, 10, *state, &err), ERR_NOT_FOUND);
    assert_int_equal(file_size(&size, path, &err), ERR_NOT_FOUND);
    assert_false(file_exists(path));
    assert_int_equal(file_remove(path, &err), OK);
    assert_int_equal(file_remove_tree(path, &err), OK);
    assert_int_equal(file_read_all(&content, folder, 1 << 20, *state, &err), ERR_IO);
}

static void file__tells_sizes(void **state) {
    const char *path = in_folder(state, "a");
    struct err err = { 0 };
    uint64_t size = 0;
    assert_int_equal(file_replace(path, STR("12345"), 0600, &err), OK);
    assert_int_equal(file_size(&size, path, &err), OK);
    assert_int_equal(size, 5);
    assert_true(file_exists(path));
}

static void file__removes_files_and_says_when_it_cannot(void **state) {
    const char *path = in_folder(state, "a");
    struct err err = { 0 };
    assert_int_equal(file_replace(path, STR("x"), 0600, &err), OK);
    file_calls.unlink = unlink_forbidden;
    assert_int_equal(file_remove(path, &err), ERR_IO);
    file_calls = real_calls;
    assert_int_equal(file_remove(path, &err), OK);
    assert_false(file_exists(path));
}

static void file__makes_folders_that_may_exist(void **state) {
    const char *path = in_folder(state, "a/b//c/");
    struct err err = { 0 };

    assert_int_equal(file_make_folders(path, 0700, &err), OK);
    assert_int_equal(file_make_folders(path, 0700, &err), OK);
    assert_true(file_exists(in_folder(state, "a/b/c")));
    assert_int_equal(file_make_folders("/", 0700, &err), OK);
    assert_int_equal(file_make_folders("", 0700, &err), ERR_IO);
    assert_int_equal(file_replace(in_folder(state, "file"), STR("x"), 0600, &err), OK);
    assert_int_equal(file_make_folders(in_folder(state, "file"), 0700, &err), ERR_IO);
    assert_int_equal(file_make_folders(in_folder(state, "file/d"), 0700, &err), ERR_IO);
}

static void file__refuses_names_longer_than_the_system_takes(void **state) {
    char *name = arena_calloc(*state, 1, 5000);
    struct err err = { 0 };
    memset(name, 'a', 4999);
    assert_int_equal(file_make_folders(name, 0700, &err), ERR_IO);
    assert_int_equal(file_replace(name, STR("x"), 0600, &err), ERR_IO);
}

static void file__removes_trees_without_following_links(void **state) {
    struct err err = { 0 };

    assert_int_equal(file_make_folders(in_folder(state, "tree/sub"), 0700, &err), OK);
    assert_int_equal(file_replace(in_folder(state, "tree/sub/f"), STR("x"), 0600, &err), OK);
    assert_int_equal(file_make_folders(in_folder(state, "kept"), 0700, &err), OK);
    assert_int_equal(file_replace(in_folder(state, "kept/f"), STR("x"), 0600, &err), OK);
    assert_int_equal(symlink(in_folder(state, "kept"), in_folder(state, "tree/link")), 0);
    assert_int_equal(file_remove_tree(in_folder(state, "tree"), &err), OK);
    assert_false(file_exists(in_folder(state, "tree")));
    assert_true(file_exists(in_folder(state, "kept/f")));
}

static void file__publishes_a_complete_temporary_file(void **state) {
    const char *temporary = in_folder(state, "t"), *path = in_folder(state, "final");
    struct err err = { 0 };
    int fd;

    assert_int_equal(file_open(&fd, temporary, O_WRONLY | O_CREAT, 0600, &err), OK);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(file_write_all(fd, STR("content"), temporary, &err), OK);
    assert_int_equal(file_publish(fd, temporary, path, &err), OK);
    assert_int_equal(close(fd), 0);
    assert_content(state, path, "content");
    assert_false(file_exists(temporary));
}

static void file__takes_an_interrupted_sync_for_nothing_lost(void **state) {
    struct err err = { 0 };
    sync_count = 0;
    file_calls.fsync = fsync_interrupted_once;
    assert_int_equal(file_replace(in_folder(state, "a"), STR("x"), 0600, &err), OK);
    assert_int_equal(sync_count, 3);
}

static void assert_aborts(void sync_something(void **state), void **state) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        (void)close(STDERR_FILENO);
        file_calls.fsync = file_calls.syncfs = fsync_broken;
        sync_something(state);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void replace_a(void **state) {
    struct err err = { 0 };
    assert_int_equal(file_replace(in_folder(state, "a"), STR("x"), 0600, &err), OK);
}

static void sync_all_of_folder(void **state) {
    (void)file_sync_all(in_folder(state, "."));
}

static void file__ends_the_process_when_a_sync_fails(void **state) {
    assert_aborts(replace_a, state);
    assert_false(file_exists(in_folder(state, "a")));
    assert_aborts(sync_all_of_folder, state);
}

static void file__syncs_all_of_a_file_system_at_once(void **state) {
    sync_count = 0;
    file_calls.syncfs = fsync_interrupted_once;
    assert_true(file_sync_all(in_folder(state, ".")));
    assert_int_equal(sync_count, 2);
}

static void file__joins_with_one_slash(void **state) {
    assert_string_equal(file_join(*state, "a", "b"), "a/b");
    assert_string_equal(file_join(*state, "a/", "b"), "a/b");
    assert_string_equal(file_join(*state, "/", "b"), "/b");
}

static void file__calls_only_plain_relative_paths_safe(void **state) {
    static const struct {
        struct str path;
        bool is_safe;
    } rows[] = {
        { STR_INIT("a"), true },          { STR_INIT("a/b.txt"), true },  { STR_INIT("media/images/x_0.png"), true },
        { STR_INIT("...") , true },       { STR_INIT("a b"), true },      { STR_INIT("\xC3\xA4"), true },
        { STR_INIT(""), false },          { STR_INIT("/a"), false },      { STR_INIT("a/"), false },
        { STR_INIT("a//b"), false },      { STR_INIT("."), false },       { STR_INIT(".."), false },
        { STR_INIT("a/../b"), false },    { STR_INIT("a/./b"), false },   { STR_INIT("a\\b"), false },
        { STR_INIT("a\0b"), false },      { STR_INIT("a\nb"), false },    { STR_INIT("a\x7F"), false },
    };
    char *name = arena_alloc(*state, 2000);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(file_is_safe_path(rows[i].path), rows[i].is_safe);
    memset(name, 'a', 2000);
    assert_true(file_is_safe_path((struct str){ name, 255 }));
    assert_false(file_is_safe_path((struct str){ name, 256 }));
    for (size_t i = 100; i < 2000; i += 100)
        name[i] = '/';
    assert_true(file_is_safe_path((struct str){ name, 1024 }));
    assert_false(file_is_safe_path((struct str){ name, 1025 }));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(file__replaces_content_and_leaves_nothing_beside),
        TEST(file__syncs_the_file_and_its_folder),
        TEST(file__keeps_the_old_content_on_a_full_disk),
        TEST(file__keeps_the_old_content_when_renaming_fails),
        TEST(file__goes_on_after_interruptions_and_short_writes),
        TEST(file__does_not_wait_for_ever_on_a_write_of_nothing),
        TEST(file__reads_exactly_or_says_corrupt),
        TEST(file__reads_whole_files_up_to_a_limit),
        TEST(file__reads_files_whose_size_is_not_known),
        TEST(file__tells_a_missing_file_from_a_broken_one),
        TEST(file__tells_sizes),
        TEST(file__removes_files_and_says_when_it_cannot),
        TEST(file__makes_folders_that_may_exist),
        TEST(file__refuses_names_longer_than_the_system_takes),
        TEST(file__removes_trees_without_following_links),
        TEST(file__publishes_a_complete_temporary_file),
        TEST(file__takes_an_interrupted_sync_for_nothing_lost),
        TEST(file__ends_the_process_when_a_sync_fails),
        TEST(file__syncs_all_of_a_file_system_at_once),
        TEST(file__joins_with_one_slash),
        TEST(file__calls_only_plain_relative_paths_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
