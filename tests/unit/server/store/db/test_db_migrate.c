/* test_db_migrate.c */
#include "tests/unit/server/store/db_fixture.h"

#include "server/store/db/db_driver.h"

static const struct migration later[] = {
    { 9001, "9001_first", "0.1.0", "create table first (x integer);" },
    { 9003, "9003_third", "0.10.0", "create table third (x integer); insert into third values (3);" },
};

static enum err_code read_number(struct db_tx *tx, void *context, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_NO_ARGS, "select sum(x) from third", err));
    *(int64_t *)context = db_next(rows) ? db_int(rows, 0) : -1;
    return db_end(rows, err);
}

static void migrate__applies_each_once(void **state) {
    struct fixture *f = *state;
    struct migration_set set = { later, 2, "0.10.0" };
    int64_t sum = 0;

    assert_ok(f, db_migrate(f->db, &set, &f->err));
    assert_ok(f, db_migrate(f->db, &set, &f->err));
    assert_ok(f, db_read(f->db, read_number, &sum, &f->err));
    assert_int_equal(sum, 3);
}

static void migrate__applies_one_that_lies_between(void **state) {
    static const struct migration between[] = {
        { 9001, "9001_first", "0.1.0", "create table first (x integer);" },
        { 9002, "9002_second", "0.1.0", "insert into third values (4);" },
        { 9003, "9003_third", "0.1.0", "create table third (x integer); insert into third values (3);" },
    };
    struct fixture *f = *state;
    struct migration_set set = { later, 2, "0.10.0" }, all = { between, 3, "0.10.0" };
    int64_t sum = 0;

    assert_ok(f, db_migrate(f->db, &set, &f->err));
    assert_ok(f, db_migrate(f->db, &all, &f->err));
    assert_ok(f, db_read(f->db, read_number, &sum, &f->err));
    assert_int_equal(sum, 7);
}

static void migrate__refuses_a_database_that_is_too_new(void **state) {
    struct fixture *f = *state;
    struct migration_set newer = { later, 2, "0.10.0" }, ours = { later, 1, "0.9.2" };

    assert_ok(f, db_migrate(f->db, &newer, &f->err));
    assert_int_equal(db_migrate(f->db, &ours, &f->err), ERR_CONFLICT);
    assert_string_equal(f->err.message, "the database has version 9003 and is written by barograph 0.10.0 or later; "
                                        "this is barograph 0.9.2, which knows versions up to 9001");
}

static void migrate__lets_an_older_program_write_while_that_is_safe(void **state) {
    struct fixture *f = *state;
    struct migration_set newer = { later, 1, "0.10.0" }, ours = { NULL, 0, "0.1.0" };

    assert_ok(f, db_migrate(f->db, &newer, &f->err));
    assert_ok(f, db_migrate(f->db, &ours, &f->err));
}

static void migrate__undoes_everything_when_one_fails(void **state) {
    static const struct migration broken[] = {
        { 9001, "9001_fine", "0.1.0", "create table third (x integer);" },
        { 9002, "9002_broken", "0.1.0", "create table fourth (x integer); insert into nowhere values (1);" },
    };
    struct fixture *f = *state;
    struct migration_set set = { broken, 2, "0.10.0" };
    int64_t sum;

    assert_int_equal(db_migrate(f->db, &set, &f->err), ERR_INTERNAL);
    assert_non_null(strstr(f->err.message, "migration '9002_broken': the database answered"));
    assert_non_null(strstr(f->err.message, "nowhere"));
    assert_int_not_equal(db_read(f->db, read_number, &sum, &f->err), OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(migrate__applies_each_once),
        DB_TEST(migrate__applies_one_that_lies_between),
        DB_TEST(migrate__refuses_a_database_that_is_too_new),
        DB_TEST(migrate__lets_an_older_program_write_while_that_is_safe),
        DB_TEST(migrate__undoes_everything_when_one_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
