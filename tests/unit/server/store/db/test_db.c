/* test_db.c - what every driver promises, shown on the embedded one. */
#include "tests/unit/server/store/db_fixture.h"

static enum err_code make_table(struct db_tx *tx, void *context, struct err *err) {
    (void)context;
    return db_exec(tx, DB_NO_ARGS, "create table things (id integer primary key autoincrement, name text unique, size real, body blob)",
                   err);
}

struct thing {
    struct arena *arena;
    struct db_value name, size, body;
    int64_t id;
    enum db_type found[3];
    struct str name_found, body_found;
    double size_found;
    int64_t count;
};

static enum err_code add_thing(struct db_tx *tx, void *context, struct err *err) {
    struct thing *thing = context;
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(thing->body, thing->name, thing->size),
                 "insert into things (name, size, body) values ($2, $3, $1) returning id", err));
    if (db_next(rows))
        thing->id = db_int(rows, 0);
    return db_end(rows, err);
}

static enum err_code read_thing(struct db_tx *tx, void *context, struct err *err) {
    struct thing *thing = context;
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(thing->id)), "select name, size, body from things where id = $1", err));
    assert_true(db_next(rows));
    thing->name_found = db_str(rows, 0, thing->arena);
    thing->size_found = db_real(rows, 1);
    thing->body_found = db_str(rows, 2, thing->arena);
    assert_false(db_next(rows));
    return db_end(rows, err);
}

static enum err_code count_things(struct db_tx *tx, void *context, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_NO_ARGS, "select count(*) from things", err));
    assert_true(db_next(rows));
    ((struct thing *)context)->count = db_int(rows, 0);
    return db_end(rows, err);
}

static void db__gives_back_what_was_written(void **state) {
    struct fixture *f = *state;
    struct thing thing = { .arena = f->arena, .name = DB_TEXT(STR("a $1 'name'")), .size = DB_REAL(0.1),
                           .body = DB_BLOB(((struct str){ "\0x\xff", 3 })) };

    assert_ok(f, db_write(f->db, make_table, NULL, &f->err));
    assert_ok(f, db_write(f->db, add_thing, &thing, &f->err));
    assert_ok(f, db_read(f->db, read_thing, &thing, &f->err));
    assert_int_equal(thing.id, 1);
    assert_true(str_eq(thing.name_found, thing.name.text));
    assert_true(thing.size_found == 0.1);
    assert_true(str_eq(thing.body_found, thing.body.text));
}

static void db__tells_null_from_empty(void **state) {
    struct fixture *f = *state;
    struct thing thing = { .arena = f->arena, .name = DB_TEXT(STR_EMPTY), .size = DB_NULL,
                           .body = db_text((struct str){ NULL, 0 }) };

    assert_ok(f, db_write(f->db, make_table, NULL, &f->err));
    assert_ok(f, db_write(f->db, add_thing, &thing, &f->err));
    assert_ok(f, db_read(f->db, read_thing, &thing, &f->err));
    assert_non_null(thing.name_found.ptr);
    assert_int_equal(thing.name_found.len, 0);
    assert_null(thing.body_found.ptr);
}

static void db__calls_a_second_of_its_kind_a_conflict(void **state) {
    struct fixture *f = *state;
    struct thing thing = { .name = DB_TEXT(STR("x")), .size = DB_NULL, .body = DB_NULL };

    assert_ok(f, db_write(f->db, make_table, NULL, &f->err));
    assert_ok(f, db_write(f->db, add_thing, &thing, &f->err));
    assert_int_equal(db_write(f->db, add_thing, &thing, &f->err), ERR_CONFLICT);
}

static enum err_code add_and_fail(struct db_tx *tx, void *context, struct err *err) {
    TRY(add_thing(tx, context, err));
    return err_set(err, ERR_PRECONDITION, "no");
}

static void db__undoes_what_a_failed_work_did(void **state) {
    struct fixture *f = *state;
    struct thing thing = { .name = DB_TEXT(STR("x")), .size = DB_NULL, .body = DB_NULL };

    assert_ok(f, db_write(f->db, make_table, NULL, &f->err));
    assert_int_equal(db_write(f->db, add_and_fail, &thing, &f->err), ERR_PRECONDITION);
    assert_string_equal(f->err.message, "no");
    assert_ok(f, db_read(f->db, count_things, &thing, &f->err));
    assert_int_equal(thing.count, 0);
}

static enum err_code write_while_reading(struct db_tx *tx, void *context, struct err *err) {
    (void)context;
    return db_exec(tx, DB_NO_ARGS, "create table stray (x integer)", err);
}

static void db__does_not_write_while_reading(void **state) {
    struct fixture *f = *state;
    assert_int_not_equal(db_read(f->db, write_while_reading, NULL, &f->err), OK);
}

/* A snapshot: what is committed meanwhile is not seen. */
static enum err_code count_around_a_write(struct db_tx *tx, void *context, struct err *err) {
    struct fixture *f = context;
    struct thing thing = { .name = DB_TEXT(STR("late")), .size = DB_NULL, .body = DB_NULL };
    TRY(count_things(tx, &thing, err));
    assert_int_equal(thing.count, 0);
    TRY(db_write(f->db, add_thing, &thing, err));
    TRY(count_things(tx, &thing, err));
    assert_int_equal(thing.count, 0);
    return OK;
}

static void db__reads_one_snapshot(void **state) {
    struct fixture *f = *state;
    assert_ok(f, db_write(f->db, make_table, NULL, &f->err));
    assert_ok(f, db_read(f->db, count_around_a_write, f, &f->err));
}

static enum err_code read_numbers(struct db_tx *tx, void *context, struct err *err) {
    struct thing thing = { .name = DB_TEXT(STR("new")), .size = DB_INT(7), .body = DB_NULL };
    int64_t number = -1;
    (void)context;
    TRY(db_query_int(tx, DB_ARGS(DB_TEXT(STR("new"))), "select size from things where name = $1", &number, err));
    assert_int_equal(number, 0);
    TRY(add_thing(tx, &thing, err));
    TRY(db_query_int(tx, DB_ARGS(DB_TEXT(STR("new"))), "select size from things where name = $1", &number, err));
    assert_int_equal(number, 7);
    return OK;
}

static void db__reads_a_number_or_zero(void **state) {
    struct fixture *f = *state;
    assert_ok(f, db_write(f->db, make_table, NULL, &f->err));
    assert_ok(f, db_write(f->db, read_numbers, NULL, &f->err));
}

/* Resolvers nest: each of their own connections would soon use up all there are. */
static enum err_code read_deeper(struct db_tx *tx, void *context, struct err *err) {
    struct fixture *f = context;
    (void)tx;
    if (--f->depth > 0)
        return db_read(f->db, read_deeper, f, err);
    struct thing thing = { 0 };
    TRY(count_things(tx, &thing, err));
    f->depth = (int)-thing.count;
    return OK;
}

static void db__reads_inside_a_read_in_the_same_snapshot(void **state) {
    struct fixture *f = *state;
    assert_ok(f, db_write(f->db, make_table, NULL, &f->err));
    f->depth = 100;
    assert_ok(f, db_read(f->db, read_deeper, f, &f->err));
    assert_int_equal(f->depth, 0);
}

static enum err_code add_and_read(struct db_tx *tx, void *context, struct err *err) {
    struct thing thing = { .name = DB_TEXT(STR("new")), .size = DB_NULL, .body = DB_NULL };
    TRY(add_thing(tx, &thing, err));
    ((struct fixture *)context)->depth = 1;
    return db_read(((struct fixture *)context)->db, read_deeper, context, err);
}

static void db__reads_inside_a_write_what_that_has_written(void **state) {
    struct fixture *f = *state;
    assert_ok(f, db_write(f->db, make_table, NULL, &f->err));
    assert_ok(f, db_write(f->db, add_and_read, f, &f->err));
    assert_int_equal(f->depth, -1);
}

static enum err_code write_inside(struct db_tx *tx, void *context, struct err *err) {
    (void)tx;
    return db_write(((struct fixture *)context)->db, make_table, NULL, err);
}

static void db__refuses_to_wait_for_itself(void **state) {
    struct fixture *f = *state;
    assert_int_equal(db_write(f->db, write_inside, f, &f->err), ERR_INTERNAL);
    assert_string_equal(f->err.message, "a work that writes waits for another that writes");
}

static enum err_code leave_rows_open(struct db_tx *tx, void *context, struct err *err) {
    struct db_rows *rows;
    (void)context;
    TRY(db_query(tx, &rows, DB_NO_ARGS, "select 1 union select 2", err));
    assert_true(db_next(rows));
    return OK;
}

static void db__ends_rows_that_a_work_left_open(void **state) {
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++) {
        assert_ok(f, db_write(f->db, leave_rows_open, NULL, &f->err));
        assert_ok(f, db_read(f->db, leave_rows_open, NULL, &f->err));
    }
}

/* The same literal while its rows are still being read. */
static int64_t count_down(struct db_tx *tx, int64_t from) {
    struct db_rows *rows;
    struct err err = { 0 };
    int64_t sum = 0;
    if (from == 0)
        return 0;
    assert_int_equal(db_query(tx, &rows, DB_ARGS(DB_INT(from)), "select $1 union all select $1", &err), OK);
    while (db_next(rows))
        sum += db_int(rows, 0) + count_down(tx, from - 1);
    assert_int_equal(db_end(rows, &err), OK);
    return sum;
}

static enum err_code nest(struct db_tx *tx, void *context, struct err *err) {
    (void)err;
    *(int64_t *)context = count_down(tx, 3);
    return OK;
}

static void db__nests_queries_of_one_literal(void **state) {
    struct fixture *f = *state;
    int64_t sum = 0;
    assert_ok(f, db_read(f->db, nest, &sum, &f->err));
    assert_int_equal(sum, 2 * (3 + 2 * (2 + 2 * 1)));
}

static enum err_code query_text(struct db_tx *tx, void *context, struct err *err) {
    char sql[] = "select $1 + $2, db.x from (select 7 as x) db";
    struct db_rows *rows;
    TRY(db_query_text(tx, &rows, DB_ARGS(DB_INT(1), DB_INT(2)), (struct str){ sql, strlen(sql) }, err));
    memset(sql, 'x', sizeof sql);
    assert_true(db_next(rows));
    *(int64_t *)context = db_int(rows, 0) * 10 + db_int(rows, 1);
    return db_end(rows, err);
}

static void db__copies_composed_statements(void **state) {
    struct fixture *f = *state;
    int64_t found = 0;
    assert_ok(f, db_read(f->db, query_text, &found, &f->err));
    assert_int_equal(found, 37);
}

static enum err_code say_nonsense(struct db_tx *tx, void *context, struct err *err) {
    (void)context;
    return db_exec(tx, DB_ARGS(DB_INT(1)), "select $1, $2", err);
}

static void db__counts_arguments(void **state) {
    struct fixture *f = *state;
    assert_int_equal(db_read(f->db, say_nonsense, NULL, &f->err), ERR_INTERNAL);
    assert_string_equal(f->err.message, "a statement takes 2 arguments and was given 1");
}

static void db__refuses_unknown_engines_without_showing_the_address(void **state) {
    struct fixture *f = *state;
    struct db *db = NULL;
    assert_int_equal(db_open(&db, STR("oracle://scott:tiger@host"), &f->err), ERR_BAD_INPUT);
    assert_string_equal(f->err.message, "databases of kind 'oracle' are not known, use sqlite:FILE or postgresql://USER:PASSWORD@HOST/NAME");
    assert_null(db);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(db__gives_back_what_was_written),
        DB_TEST(db__tells_null_from_empty),
        DB_TEST(db__calls_a_second_of_its_kind_a_conflict),
        DB_TEST(db__undoes_what_a_failed_work_did),
        DB_TEST(db__does_not_write_while_reading),
        DB_TEST(db__reads_one_snapshot),
        DB_TEST(db__reads_inside_a_read_in_the_same_snapshot),
        DB_TEST(db__reads_inside_a_write_what_that_has_written),
        DB_TEST(db__refuses_to_wait_for_itself),
        DB_TEST(db__ends_rows_that_a_work_left_open),
        DB_TEST(db__nests_queries_of_one_literal),
        DB_TEST(db__copies_composed_statements),
        DB_TEST(db__counts_arguments),
        DB_TEST(db__reads_a_number_or_zero),
        DB_TEST(db__refuses_unknown_engines_without_showing_the_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
