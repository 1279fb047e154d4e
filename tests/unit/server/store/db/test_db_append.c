/* test_db_append.c - works that come all the time: locked, side by side with another server's, and closed together. */
#include "tests/unit/server/store/db_fixture.h"

#include <stdatomic.h>

enum { APPENDS = 300, ROWS = 3 };

/* What one append does, and how it ended. */
struct append {
    struct db *db;
    int64_t row;
    bool fails;
    enum err_code code;
    atomic_int *left;
};

static enum err_code make_counters(struct db_tx *tx, void *context, struct err *err) {
    (void)context;
    TRY(db_exec(tx, DB_NO_ARGS, "create table counters (id integer primary key, n bigint not null, version bigint not null)", err));
    TRY(db_exec(tx, DB_NO_ARGS, "create table totals (id integer primary key, n bigint not null)", err));
    TRY(db_exec(tx, DB_NO_ARGS, "insert into totals (id, n) values (1, 0)", err));
    return db_exec(tx, DB_NO_ARGS, "insert into counters (id, n, version) values (1, 0, 0), (2, 0, 0), (3, 0, 0)", err);
}

static enum err_code count_total(struct db_tx *tx, const struct db_closing *items, size_t count, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(count), DB_INT(items[0].group)), "update totals set n = n + $1 where id = $2", err));
    for (size_t i = 0; i < count; i++)
        TRY(db_exec(tx, DB_ARGS(DB_INT(items[i].id), DB_INT(items[i].value)),
                    "update counters set version = version + $2 where id = $1", err));
    return OK;
}

/* Reads, and writes what it has read: without the lock, another server's change between would be lost. */
static enum err_code count_one(struct db_tx *tx, void *context, struct err *err) {
    struct append *append = context;
    struct db_rows *rows;
    int64_t n = 0;

    TRY(db_lock(tx, DB_ARGS(DB_INT(append->row)), "select locked.id from counters locked where locked.id = $1", err));
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(append->row)), "select n from counters where id = $1", err));
    if (db_next(rows))
        n = db_int(rows, 0);
    TRY(db_end(rows, err));
    TRY(db_exec(tx, DB_ARGS(DB_INT(append->row), DB_INT(n + 1)), "update counters set n = $2 where id = $1", err));
    TRY(db_at_commit(tx, count_total, (struct db_closing){ .group = 1, .id = append->row, .value = 1 }, err));
    return append->fails ? err_set(err, ERR_PRECONDITION, "no") : OK;
}

static void end_append(void *context, enum err_code code, const struct err *err) {
    struct append *append = context;
    (void)err;
    append->code = code;
    (void)atomic_fetch_sub(append->left, 1);
}

static void append_all_by(db_work *work, struct append *appends, size_t count, atomic_int *left) {
    atomic_store(left, (int)count);
    for (size_t i = 0; i < count; i++) {
        appends[i].left = left;
        db_append_later(appends[i].db, (uint64_t)appends[i].row, work, &appends[i], end_append);
    }
    while (atomic_load(left) > 0)
        (void)usleep(1000);
}

static void append_all(struct append *appends, size_t count, atomic_int *left) {
    append_all_by(count_one, appends, count, left);
}

struct sums {
    int64_t n, version, total;
};

static enum err_code read_sums(struct db_tx *tx, void *context, struct err *err) {
    struct sums *sums = context;
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_NO_ARGS, "select sum(n), sum(version), (select n from totals where id = 1) from counters", err));
    if (db_next(rows))
        *sums = (struct sums){ db_int(rows, 0), db_int(rows, 1), db_int(rows, 2) };
    return db_end(rows, err);
}

static void assert_sums(struct fixture *f, int64_t expected) {
    struct sums sums = { 0 };
    assert_ok(f, db_read(f->db, read_sums, &sums, &f->err));
    assert_int_equal(sums.n, expected);
    assert_int_equal(sums.version, expected);
    assert_int_equal(sums.total, expected);
}

static void append__undoes_what_failed_and_only_that(void **state) {
    struct fixture *f = *state;
    struct append appends[APPENDS];
    int64_t good = 0;
    atomic_int left;

    assert_ok(f, db_write(f->db, make_counters, NULL, &f->err));
    for (size_t i = 0; i < APPENDS; i++) {
        appends[i] = (struct append){ .db = f->db, .row = 1 + (int64_t)i % ROWS, .fails = i % 7 == 3 };
        good += !appends[i].fails;
    }
    append_all(appends, APPENDS, &left);
    for (size_t i = 0; i < APPENDS; i++)
        assert_int_equal(appends[i].code, appends[i].fails ? ERR_PRECONDITION : OK);
    assert_sums(f, good);
}

static enum err_code count_by_asking(struct db_tx *tx, void *context, struct err *err) {
    const struct append *append = context;
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(append->row)), "update counters set n = n + 1 where id = $1 returning n", err));
    while (db_next(rows))
        continue;
    TRY(db_end(rows, err));
    return err_set(err, ERR_PRECONDITION, "no");
}

static void append__undoes_what_questions_changed(void **state) {
    struct fixture *f = *state;
    struct append appends[APPENDS];
    atomic_int left;

    assert_ok(f, db_write(f->db, make_counters, NULL, &f->err));
    for (size_t i = 0; i < APPENDS; i++)
        appends[i] = (struct append){ .db = f->db, .row = 1 + (int64_t)i % ROWS };
    append_all_by(count_by_asking, appends, APPENDS, &left);
    for (size_t i = 0; i < APPENDS; i++)
        assert_int_equal(appends[i].code, ERR_PRECONDITION);
    assert_sums(f, 0);
}

/* Two servers where there may be two; both count in the same rows. */
static void append__loses_nothing_between_servers(void **state) {
    struct fixture *f = *state;
    struct append appends[APPENDS];
    struct db *other = f->db;
    atomic_int left;

    assert_ok(f, db_write(f->db, make_counters, NULL, &f->err));
    if (db_is_shared(f->db))
        assert_ok(f, db_open(&other, f->url, &f->err));
    for (size_t i = 0; i < APPENDS; i++)
        appends[i] = (struct append){ .db = i % 2 == 0 ? f->db : other, .row = 1 + (int64_t)i % ROWS };
    append_all(appends, APPENDS, &left);
    if (other != f->db)
        db_close(other);
    for (size_t i = 0; i < APPENDS; i++)
        assert_int_equal(appends[i].code, OK);
    assert_sums(f, APPENDS);
}

/* ---- in order ---- */

struct visit {
    int *next;
    int at;
};

static enum err_code note_visit(struct db_tx *tx, void *context, struct err *err) {
    struct visit *visit = context;
    (void)tx;
    (void)err;
    visit->at = (*visit->next)++;
    return OK;
}

static void end_visit(void *context, enum err_code code, const struct err *err) {
    (void)context;
    (void)code;
    (void)err;
}

struct door {
    atomic_bool is_open;
};

static enum err_code wait_at_door(struct db_tx *tx, void *context, struct err *err) {
    struct door *door = context;
    (void)tx;
    (void)err;
    while (!atomic_load(&door->is_open))
        (void)usleep(1000);
    return OK;
}

/* Behind a work that waits they gather, and are run by key; those of one key as they came. */
static void append__takes_those_that_wait_by_key(void **state) {
    static const uint64_t keys[] = { 9, 2, 9, 5, 2, 7 };
    static const int expected[] = { 4, 0, 5, 2, 1, 3 };
    struct fixture *f = *state;
    struct visit visits[6];
    struct door door = { false };
    int next = 0;

    if (!db_is_shared(f->db))
        skip(); /* one thread writes: there is no order to keep */
    db_append_later(f->db, 0, wait_at_door, &door, end_visit);
    (void)usleep(50000);
    for (size_t i = 0; i < 6; i++) {
        visits[i] = (struct visit){ &next, -1 };
        db_append_later(f->db, keys[i], note_visit, &visits[i], end_visit);
    }
    atomic_store(&door.is_open, true);
    db_close(f->db);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(visits[i].at, expected[i]);
    assert_ok(f, db_open(&f->db, f->url, &f->err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(append__undoes_what_failed_and_only_that),
        DB_TEST(append__undoes_what_questions_changed),
        DB_TEST(append__loses_nothing_between_servers),
        DB_TEST(append__takes_those_that_wait_by_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
