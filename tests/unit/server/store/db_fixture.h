/* db_fixture.h - a database in a folder of its own for each test. */
#ifndef TESTS_DB_FIXTURE_H
#define TESTS_DB_FIXTURE_H

#include "base/file.h"
#include "server/store/db.h"

#include <stdarg.h>
#include <setjmp.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char folder[64];
    struct str url;
    struct db *db;
    struct arena *arena;
    struct err err;
    int depth; /* for tests that count calls within calls */
};

static inline int fixture_set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/barograph-test-XXXXXX");
    if (mkdtemp(fixture->folder) == NULL)
        return -1;
    fixture->arena = arena_create();
    fixture->url = arena_printf(fixture->arena, "sqlite:%s/barograph.db", fixture->folder);
    *state = fixture;
    if (db_open(&fixture->db, fixture->url, &fixture->err) == OK)
        return 0;
    print_error("%s\n", fixture->err.message);
    return -1;
}

static inline int fixture_tear_down(void **state) {
    struct fixture *fixture = *state;
    db_close(fixture->db);
    int result = file_remove_tree(fixture->folder, &fixture->err) == OK ? 0 : -1;
    arena_destroy(fixture->arena);
    free(fixture);
    return result;
}

#define DB_TEST(function) cmocka_unit_test_setup_teardown(function, fixture_set_up, fixture_tear_down)
/* Shows the sentence when a call fails that should not. */
#define assert_ok(fixture, call)                                                                             \
    do {                                                                                                     \
        if ((call) != OK)                                                                                    \
            fail_msg("%s", (fixture)->err.message);                                                          \
    } while (0)

/* A test that is one transaction. It runs on the writer's thread, where cmocka's assertions cannot: EXPECT instead. */
#define WORK_TEST(name)                                                                                      \
    static enum err_code name##_work(struct db_tx *tx, void *context, struct err *err);                      \
    static void name(void **state) {                                                                         \
        struct fixture *f = *state;                                                                          \
        assert_ok(f, db_write(f->db, name##_work, f, &f->err));                                              \
    }                                                                                                        \
    static enum err_code name##_work(struct db_tx *tx, void *context, struct err *err)

#define EXPECT(claim)                                                                                        \
    do {                                                                                                     \
        if (!(claim))                                                                                        \
            return err_set(err, ERR_INTERNAL, "line %d: %s", __LINE__, #claim);                              \
    } while (0)

/* The call fails with that code and sentence. */
#define EXPECT_ERROR(call, expected_code, sentence)                                                          \
    do {                                                                                                     \
        enum err_code found_code = (call);                                                                   \
        if (found_code != (expected_code) || strcmp(err->message, sentence) != 0) {                          \
            struct err found = *err;                                                                         \
            return err_set(err, ERR_INTERNAL, "line %d: got %d '%.200s'", __LINE__, (int)found_code,         \
                           found_code == OK ? "" : found.message);                                           \
        }                                                                                                    \
    } while (0)

#endif
