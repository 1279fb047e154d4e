/* test_removal.c - what is deleted is hidden at once and removed in portions. */
#include "server/store/projects/removal.h"

#include "server/store/artifacts/artifact_file.h"
#include "tests/unit/server/store/run_fixture.h"

enum { PORTION = 100, RUNS = 30, LINES = 70, PROJECT = 1 };

struct count {
    const char *sql;
    int64_t found;
};

static enum err_code do_count(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct count *count = context;
    struct db_rows *rows;
    (void)f;
    TRY(db_query(tx, &rows, DB_NO_ARGS, count->sql, err));
    count->found = db_next(rows) ? db_int(rows, 0) : -1;
    return db_end(rows, err);
}

static int64_t count_of(struct fixture *f, const char *sql) {
    struct count count = { .sql = sql };
    assert_ok(f, in_tx(f, do_count, &count));
    return count.found;
}

static enum err_code do_portion(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    (void)f;
    return removal_work(tx, PORTION, 5000, context, err);
}

/* Answers how many portions it took; no portion takes more lines than its size. */
static int remove_all(struct fixture *f) {
    bool is_idle = false;
    int portions = 0;
    while (!is_idle) {
        int64_t before = count_of(f, "select count(*) from console_lines");
        assert_ok(f, in_tx(f, do_portion, &is_idle));
        assert_true(before - count_of(f, "select count(*) from console_lines") <= PORTION);
        portions += !is_idle;
        assert_true(portions < 10000);
    }
    return portions;
}

static enum err_code do_fill(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    (void)context;
    for (int i = 0; i < RUNS; i++) {
        struct run *run;
        bool is_inserted;
        TRY(run_ensure(tx, PROJECT, arena_printf(f->arena, "r%d", i), 1, 1000, f->arena, &run, &is_inserted, err));
        for (int line = 0; line < LINES; line++)
            TRY(db_exec(tx, DB_ARGS(DB_INT(run->id), DB_INT(line)),
                        "insert into console_lines (run_id, stream, number, line) values ($1, '', $2, 'text')", err));
    }
    return OK;
}

static enum err_code do_add_others(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    (void)f;
    (void)context;
    TRY(db_exec(tx, DB_NO_ARGS, "insert into project_members (project_id, user_id, role, created_at) values (1, 1, 1, 1)", err));
    return db_exec(tx, DB_NO_ARGS,
                   "insert into sweeps (project_id, name, state, config, seed, next_number, next_point, is_exhausted, created_at,"
                   " updated_at, checked_at) values (1, 's', 0, '{}', 0, 0, 0, 0, 1, 1, 1)",
                   err);
}

static enum err_code do_delete_project(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    (void)f;
    (void)context;
    return project_delete(tx, PROJECT, 2000, err);
}

static enum err_code do_find_run(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct project *project;
    (void)context;
    return project_find(tx, 1, STR("p1"), f->arena, &project, err);
}

static void removal__of_a_project_takes_many_short_transactions(void **state) {
    struct fixture *f = *state;

    assert_ok(f, in_tx(f, do_fill, NULL));
    assert_ok(f, in_tx(f, do_add_others, NULL));
    assert_ok(f, in_tx(f, do_delete_project, NULL));
    /* Hidden by one row; nothing else was touched in that transaction. */
    assert_int_equal(in_tx(f, do_find_run, NULL), ERR_GONE);
    assert_int_equal(count_of(f, "select count(*) from console_lines"), RUNS * LINES);
    assert_int_equal(count_of(f, "select count(*) from runs where deleted_at is not null"), 0);
    assert_int_equal(count_of(f, "select count(*) from removals"), 1);

    assert_true(remove_all(f) >= RUNS * LINES / PORTION);
    assert_int_equal(count_of(f, "select count(*) from console_lines"), 0);
    assert_int_equal(count_of(f, "select count(*) from runs where deleted_at is null"), 0);
    assert_int_equal(count_of(f, "select count(*) from run_configs"), 0);
    assert_int_equal(count_of(f, "select count(*) from project_members"), 0);
    assert_int_equal(count_of(f, "select count(*) from sweeps"), 0);
    assert_int_equal(count_of(f, "select count(*) from removals"), 0);
}

static void removal__goes_on_after_a_restart(void **state) {
    struct fixture *f = *state;
    bool is_idle;

    assert_ok(f, in_tx(f, do_fill, NULL));
    assert_ok(f, in_tx(f, do_delete_project, NULL));
    assert_ok(f, in_tx(f, do_portion, &is_idle));
    db_close(f->db);
    assert_ok(f, db_open(&f->db, f->url, &f->err));
    assert_true(count_of(f, "select count(*) from console_lines") > 0);
    (void)remove_all(f);
    assert_int_equal(count_of(f, "select count(*) from console_lines"), 0);
}

/* ---- bytes ---- */

static const unsigned char md5[MD5_BYTES] = "0123456789abcdef", sha256[SHA256_BYTES] = "0123456789abcdef0123456789abcdef";

struct versions {
    int64_t ids[2];
};

static enum err_code add_version(struct db_tx *tx, struct fixture *f, const struct collection *collection, int64_t *id,
                                 struct err *err) {
    struct artifact wanted = { .digest = STR("d") }, *artifact;
    struct artifact_blob blob = { .size_bytes = 3, .birth_artifact_id = 1 };
    struct artifact_file file = { .path = STR("f"), .digest = STR("x"), .size_bytes = 3, .has_blob = true };
    memcpy(blob.sha256, sha256, SHA256_BYTES);
    memcpy(file.sha256, sha256, SHA256_BYTES);
    TRY(artifact_create(tx, collection, &wanted, 1000, f->arena, &artifact, err));
    *id = file.artifact_id = artifact->id;
    TRY(artifact_file_add(tx, &file, err));
    TRY(project_blob_link(tx, PROJECT, md5, &blob, err));
    return artifact_commit(tx, artifact, STR("d"), 3, 1, 1000, err);
}

static enum err_code do_add_versions(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct versions *versions = context;
    struct artifact_type *type;
    struct collection *collection;
    TRY(artifact_type_ensure(tx, PROJECT, STR("t"), 1000, f->arena, &type, err));
    TRY(collection_ensure(tx, PROJECT, type->id, STR("c"), false, (struct str){ 0 }, 1000, f->arena, &collection, err));
    for (int i = 0; i < 2; i++)
        TRY(add_version(tx, f, collection, &versions->ids[i], err));
    return OK;
}

static enum err_code do_delete_version(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    (void)f;
    return artifact_delete(tx, *(int64_t *)context, 2000, err);
}

static void removal__frees_bytes_with_the_last_version_that_holds_them(void **state) {
    struct fixture *f = *state;
    struct versions versions;

    assert_ok(f, in_tx(f, do_add_versions, &versions));
    assert_ok(f, in_tx(f, do_delete_version, &versions.ids[0]));
    (void)remove_all(f);
    assert_int_equal(count_of(f, "select count(*) from artifact_files"), 1);
    assert_int_equal(count_of(f, "select count(*) from project_blobs"), 1);
    assert_ok(f, in_tx(f, do_delete_version, &versions.ids[1]));
    (void)remove_all(f);
    assert_int_equal(count_of(f, "select count(*) from project_blobs"), 0);
}

static enum err_code do_delete_collection(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    (void)f;
    (void)context;
    return collection_delete(tx, 1, 2000, err);
}

static enum err_code do_get_version(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct artifact *artifact;
    return artifact_get(tx, *(int64_t *)context, f->arena, &artifact, err);
}

static void removal__hides_the_versions_of_a_collection_at_once(void **state) {
    struct fixture *f = *state;
    struct versions versions;

    assert_ok(f, in_tx(f, do_add_versions, &versions));
    assert_ok(f, in_tx(f, do_get_version, &versions.ids[0]));
    assert_ok(f, in_tx(f, do_delete_collection, NULL));
    assert_int_equal(in_tx(f, do_get_version, &versions.ids[0]), ERR_NOT_FOUND);
    (void)remove_all(f);
    assert_int_equal(count_of(f, "select count(*) from artifact_files"), 0);
    assert_int_equal(count_of(f, "select count(*) from artifact_memberships"), 0);
    assert_int_equal(count_of(f, "select count(*) from artifacts where state <> 'DELETED'"), 0);
}

/* ---- every table ---- */

/* What stays on purpose: that a run or a version was there is remembered, so that clients are told it is gone. */
static const char *const stay[] = { "artifacts", "runs" };

static bool is_kept(struct str table) {
    for (size_t i = 0; i < sizeof stay / sizeof stay[0]; i++)
        if (str_eq_c(table, stay[i]))
            return true;
    return false;
}

/* Tables that say whose their rows are, in the order they were made: those that others refer to come first. */
static enum err_code list_owned_tables(struct db_tx *tx, struct fixture *f, struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_NO_ARGS,
                 "select m.name from sqlite_master m where m.type = 'table' and exists (select 1 from pragma_table_info(m.name) c"
                 " where c.name in ('run_id', 'project_id', 'artifact_id', 'collection_id', 'sweep_id')) order by m.rowid",
                 err));
    while (db_next(rows)) {
        struct str *table = ARENA_NEW(f->arena, struct str);
        *table = db_str(rows, 0, f->arena);
        if (!is_kept(*table))
            list_add(out, table, f->arena);
    }
    return db_end(rows, err);
}

/* One row with a 1 or an 'x' in whatever must be there: run 1 and version 1 of project 1, so all of it is the project's. */
static enum err_code add_row(struct db_tx *tx, struct fixture *f, struct str table, struct err *err) {
    struct str names = STR_EMPTY, values = STR_EMPTY;
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(table)),
                 "select name, type from pragma_table_info($1) where \"notnull\" = 1 or name in ('run_id', 'project_id', 'artifact_id')",
                 err));
    while (db_next(rows)) {
        struct str type = db_str(rows, 1, f->arena);
        const char *comma = names.len > 0 ? ", " : "";
        names = arena_printf(f->arena, "%.*s%s%.*s", STR_ARG(names), comma, STR_ARG(db_str(rows, 0, f->arena)));
        values = arena_printf(f->arena, "%.*s%s%s", STR_ARG(values), comma, str_eq_c(type, "text") ? "'x'" : "1");
    }
    TRY(db_end(rows, err));
    struct str sql = arena_printf(f->arena, "insert into %.*s (%.*s) values (%.*s) on conflict do nothing", STR_ARG(table), STR_ARG(names), STR_ARG(values));
    return db_exec(tx, DB_NO_ARGS, sql.ptr, err);
}

static enum err_code do_add_rows(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct list *tables = context;
    TRY(list_owned_tables(tx, f, tables, err));
    for (size_t i = 0; i < tables->count; i++)
        TRY(add_row(tx, f, *(const struct str *)tables->items[i], err));
    return OK;
}

static enum err_code do_add_run(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct run *run;
    bool is_inserted;
    (void)context;
    return run_ensure(tx, PROJECT, STR("r"), 1, 1000, f->arena, &run, &is_inserted, err);
}

/* A new table that says whose its rows are and that removal does not know is found here. */
static void removal__knows_every_table_of_a_project(void **state) {
    struct fixture *f = *state;
    struct versions versions;
    struct list tables;

    if (fixture_server() != NULL)
        skip(); /* the same migrations make the tables of both */
    assert_ok(f, in_tx(f, do_add_run, NULL));
    assert_ok(f, in_tx(f, do_add_versions, &versions));
    assert_ok(f, in_tx(f, do_add_rows, &tables));
    assert_true(tables.count > 30);
    assert_ok(f, in_tx(f, do_delete_project, NULL));
    (void)remove_all(f);
    for (size_t i = 0; i < tables.count; i++) {
        struct str sql = arena_printf(f->arena, "select count(*) from %.*s", STR_ARG(*(const struct str *)tables.items[i]));
        if (count_of(f, sql.ptr) != 0)
            fail_msg("rows of %.*s are left", STR_ARG(*(const struct str *)tables.items[i]));
    }
}

static int set_up(void **state) {
    if (fixture_set_up(state) != 0)
        return -1;
    return in_tx(*state, add_people, NULL) == OK ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(removal__of_a_project_takes_many_short_transactions, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(removal__goes_on_after_a_restart, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(removal__frees_bytes_with_the_last_version_that_holds_them, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(removal__hides_the_versions_of_a_collection_at_once, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(removal__knows_every_table_of_a_project, set_up, fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
