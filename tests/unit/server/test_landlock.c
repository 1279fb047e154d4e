/* test_landlock.c - in children, because nobody is ever let out again. */
#include "server/landlock.h"

#include "base/arena.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    char root[64];
    struct arena *arena;
};

static int set_up(void **state) {
    static struct place place;
    struct err err;
    place = (struct place){ .root = "/tmp/barograph-test-XXXXXX", .arena = arena_create() };
    *state = &place;
    if (mkdtemp(place.root) == NULL)
        return -1;
    return file_make_folders(file_join(place.arena, place.root, "data/a"), 0700, &err) != OK ||
           file_make_folders(file_join(place.arena, place.root, "data/b"), 0700, &err) != OK ||
           file_make_folders(file_join(place.arena, place.root, "tls"), 0700, &err) != OK ||
           file_replace(file_join(place.arena, place.root, "tls/key.pem"), STR("key"), 0600, &err) != OK ||
           file_replace(file_join(place.arena, place.root, "outside"), STR("secret"), 0600, &err) != OK;
}

static int tear_down(void **state) {
    struct place *place = *state;
    struct err err;
    int failed = file_remove_tree(place->root, &err) != OK;
    arena_destroy(place->arena);
    return failed;
}

static int open_error(struct place *place, const char *name, int flags) {
    int fd = open(file_join(place->arena, place->root, name), flags | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    (void)close(fd);
    return 0;
}

/* The number of the first claim that is false; 0 when all hold. */
static int try_everything(struct place *place) {
    const char *from = file_join(place->arena, place->root, "data/a/file"), *to = file_join(place->arena, place->root, "data/b/file");
    const struct {
        const char *name;
        int flags, error;
    } rows[] = {
        { "data/a/file", O_WRONLY | O_CREAT, 0 },  { "data/a/file", O_RDWR | O_TRUNC, 0 }, { "tls/key.pem", O_RDONLY, 0 },
        { "tls/key.pem", O_WRONLY, EACCES },       { "tls/new", O_WRONLY | O_CREAT, EACCES }, { "outside", O_RDONLY, EACCES },
        { "data/../outside", O_RDONLY, EACCES },   { "new", O_WRONLY | O_CREAT, EACCES },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (open_error(place, rows[i].name, rows[i].flags) != rows[i].error)
            return (int)i + 1;
    if (rename(from, to) != 0 || unlink(to) != 0)
        return 20;
    return symlink("/etc/passwd", from) == 0 ? 21 : 0;
}

static void landlock__leaves_only_what_was_named(void **state) {
    struct place *place = *state;
    enum { NOT_OFFERED = 99 };
    int status;
    pid_t child = fork();

    if (child == 0) {
        const struct str writable[] = { str_from_c(file_join(place->arena, place->root, "data")), STR_EMPTY };
        const struct str readable[] = { str_from_c(file_join(place->arena, place->root, "tls")), STR("/no/such/folder") };
        _exit(landlock_confine(writable, 2, readable, 2) ? try_everything(place) : NOT_OFFERED);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NOT_OFFERED)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(landlock__leaves_only_what_was_named, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
