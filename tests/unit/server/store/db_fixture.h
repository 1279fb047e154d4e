/* db_fixture.h - a database of its own for each test: in a folder, or a schema on the PostgreSQL server that
 * BAROGRAPH_TEST_DATABASE names. What is about SQLite itself defines SQLITE_ONLY.
 */
#ifndef TESTS_DB_FIXTURE_H
#define TESTS_DB_FIXTURE_H

#include "base/file.h"
#include "server/store/db/db.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
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

/* NULL for SQLite. */
static inline const char *fixture_server(void) {
#ifdef SQLITE_ONLY
    return NULL;
#else
    return getenv("BAROGRAPH_TEST_DATABASE");
#endif
}

static inline int fixture_psql(struct fixture *fixture, const char *format) {
    struct str statement = arena_printf(fixture->arena, format, strrchr(fixture->folder, '/') + 1);
    struct str command = arena_printf(fixture->arena, "PGOPTIONS='-c client_min_messages=error' psql -qX %s/postgres -c '%.*s'",
                                      fixture_server(), STR_ARG(statement));
    return system(command.ptr) == 0 ? 0 : -1;
}

static inline struct str fixture_url(struct fixture *fixture) {
    if (fixture_server() == NULL)
        return arena_printf(fixture->arena, "sqlite:%s/barograph.db", fixture->folder);
    if (fixture_psql(fixture, "create schema \"%s\"") != 0)
        fail_msg("no schema could be made on %s", fixture_server());
    return arena_printf(fixture->arena, "%s/postgres?options=-csearch_path%%3D\"%s\"", fixture_server(),
                        strrchr(fixture->folder, '/') + 1);
}

static inline int fixture_set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/barograph-test-XXXXXX");
    if (mkdtemp(fixture->folder) == NULL)
        return -1;
    fixture->arena = arena_create();
    fixture->url = fixture_url(fixture);
    *state = fixture;
    if (db_open(&fixture->db, fixture->url, &fixture->err) == OK)
        return 0;
    print_error("%s\n", fixture->err.message);
    return -1;
}

static inline int fixture_tear_down(void **state) {
    struct fixture *fixture = *state;
    db_close(fixture->db);
    if (fixture_server() != NULL)
        (void)fixture_psql(fixture, "drop schema \"%s\" cascade");
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

/* PostgreSQL ends a transaction at its first error, also one that the test asked for: what comes after it must be nothing. */
static bool fixture_was_refused;

static inline void fixture_check(struct fixture *fixture, enum err_code code) {
    bool is_of_the_test = strncmp(fixture->err.message, "line ", 5) == 0;
    if (code != OK && (!fixture_was_refused || fixture_server() == NULL || is_of_the_test))
        fail_msg("%s", fixture->err.message);
}

/* A test that is one transaction. It runs on the writer's thread, where cmocka's assertions cannot: EXPECT instead. */
#define WORK_TEST(name)                                                                                      \
    static enum err_code name##_work(struct db_tx *tx, void *context, struct err *err);                      \
    static void name(void **state) {                                                                         \
        struct fixture *f = *state;                                                                          \
        fixture_was_refused = false;                                                                         \
        fixture_check(f, db_write(f->db, name##_work, f, &f->err));                                          \
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
        fixture_was_refused = true;                                                                          \
    } while (0)

#endif
