/* test_db_sqlite.c - group commit, the write-ahead log, full disks, damage, readers' deadlines. */
#define SQLITE_ONLY
#include "tests/unit/server/store/db_fixture.h"

#include "base/clock.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

enum { WRITERS = 8, WRITES = 50 };

static enum err_code make_table(struct db_tx *tx, void *context, struct err *err) {
    (void)context;
    return db_exec(tx, DB_NO_ARGS, "create table numbers (n integer primary key, filling blob)", err);
}

static enum err_code add_number(struct db_tx *tx, void *context, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(*(int64_t *)context)), "insert into numbers (n) values ($1)", err);
}

static enum err_code add_number_or_fail(struct db_tx *tx, void *context, struct err *err) {
    TRY(add_number(tx, context, err));
    return *(int64_t *)context % 7 == 0 ? err_set(err, ERR_BAD_INPUT, "a multiple of seven") : OK;
}

static enum err_code count_numbers(struct db_tx *tx, void *context, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_NO_ARGS, "select count(*) from numbers", err));
    *(int64_t *)context = db_next(rows) ? db_int(rows, 0) : -1;
    return db_end(rows, err);
}

struct writer_task {
    struct fixture *fixture;
    int64_t first;
    pthread_t thread;
};

static void *write_numbers(void *context) {
    struct writer_task *task = context;
    struct err err = { 0 };
    for (int64_t n = task->first; n < task->first + WRITES; n++)
        if ((db_write(task->fixture->db, add_number_or_fail, &n, &err) == OK) != (n % 7 != 0))
            return "wrong answer";
    return NULL;
}

static void sqlite__commits_works_together_and_undoes_only_the_failed(void **state) {
    struct fixture *f = *state;
    struct writer_task tasks[WRITERS];
    int64_t count = 0, expected = 0;
    void *complaint;

    assert_ok(f, db_write(f->db, make_table, NULL, &f->err));
    for (int i = 0; i < WRITERS; i++) {
        tasks[i] = (struct writer_task){ .fixture = f, .first = i * WRITES };
        assert_int_equal(pthread_create(&tasks[i].thread, NULL, write_numbers, &tasks[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        (void)pthread_join(tasks[i].thread, &complaint);
        assert_null(complaint);
    }
    for (int n = 0; n < WRITERS * WRITES; n++)
        expected += n % 7 != 0;
    assert_ok(f, db_read(f->db, count_numbers, &count, &f->err));
    assert_int_equal(count, expected);
    struct db_stats stats = db_get_stats(f->db);
    assert_true(stats.commits < stats.works);
    assert_int_equal(stats.queued_works, 0);
}

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t has_news;
    bool is_open, was_entered;
    int done;
    enum err_code codes[64];
};

/* Holds the writer, so that what is queued meanwhile becomes one batch. */
static enum err_code wait_at_gate(struct db_tx *tx, void *context, struct err *err) {
    struct gate *gate = context;
    (void)tx;
    (void)err;
    (void)pthread_mutex_lock(&gate->mutex);
    gate->was_entered = true;
    (void)pthread_cond_broadcast(&gate->has_news);
    while (!gate->is_open)
        (void)pthread_cond_wait(&gate->has_news, &gate->mutex);
    (void)pthread_mutex_unlock(&gate->mutex);
    return OK;
}

struct gated {
    struct gate *gate;
    int position;
    int64_t filling;
};

static enum err_code add_filling(struct db_tx *tx, void *context, struct err *err) {
    const struct gated *gated = context;
    return db_exec(tx, DB_ARGS(DB_INT(gated->position), DB_INT(gated->filling)),
                   "insert into numbers (n, filling) values ($1, zeroblob($2))", err);
}

static void note_done(void *context, enum err_code code, const struct err *err) {
    struct gated *gated = context;
    (void)err;
    (void)pthread_mutex_lock(&gated->gate->mutex);
    gated->gate->codes[gated->position] = code;
    gated->gate->done++;
    (void)pthread_cond_broadcast(&gated->gate->has_news);
    (void)pthread_mutex_unlock(&gated->gate->mutex);
}

static void ignore(void *context, enum err_code code, const struct err *err) {
    (void)context;
    (void)code;
    (void)err;
}

static void write_one_batch(struct fixture *f, struct gated *items, int count) {
    struct gate *gate = items[0].gate;
    db_write_later(f->db, wait_at_gate, gate, ignore);
    for (int i = 0; i < count; i++)
        db_write_later(f->db, add_filling, &items[i], note_done);
    (void)pthread_mutex_lock(&gate->mutex);
    gate->is_open = true;
    (void)pthread_cond_broadcast(&gate->has_news);
    while (gate->done < count)
        (void)pthread_cond_wait(&gate->has_news, &gate->mutex);
    (void)pthread_mutex_unlock(&gate->mutex);
}

static enum err_code run_sql(struct db_tx *tx, void *context, struct err *err) {
    return db_exec(tx, DB_NO_ARGS, context, err);
}

/* SQLite undoes the whole transaction when the disk is full: the other works must not suffer for it. */
static void sqlite__lets_a_full_disk_fail_only_the_work_that_needs_room(void **state) {
    struct fixture *f = *state;
    struct gate gate = { .mutex = PTHREAD_MUTEX_INITIALIZER, .has_news = PTHREAD_COND_INITIALIZER };
    struct gated items[3] = { { &gate, 0, 10 }, { &gate, 1, 100 << 20 }, { &gate, 2, 10 } };
    int64_t count = 0;

    assert_ok(f, db_write(f->db, make_table, NULL, &f->err));
    assert_ok(f, db_write(f->db, run_sql, "pragma max_page_count = 1000", &f->err));
    write_one_batch(f, items, 3);
    assert_int_equal(gate.codes[0], OK);
    assert_int_equal(gate.codes[1], ERR_FULL);
    assert_int_equal(gate.codes[2], OK);
    assert_ok(f, db_read(f->db, count_numbers, &count, &f->err));
    assert_int_equal(count, 2);
}

static void sqlite__has_what_it_committed_when_opened_again(void **state) {
    struct fixture *f = *state;
    int64_t number = 5, count = 0;

    assert_ok(f, db_write(f->db, make_table, NULL, &f->err));
    assert_ok(f, db_write(f->db, add_number, &number, &f->err));
    db_close(f->db);
    f->db = NULL;
    assert_false(file_exists(arena_printf(f->arena, "%s/barograph.db-wal", f->folder).ptr));
    assert_ok(f, db_open(&f->db, f->url, &f->err));
    assert_ok(f, db_read(f->db, count_numbers, &count, &f->err));
    assert_int_equal(count, 1);
}

/* The child commits and is killed without closing; its log is all that is left. */
static void sqlite__keeps_what_was_committed_before_a_kill(void **state) {
    struct fixture *f = *state;
    int64_t count = 0;

    db_close(f->db);
    f->db = NULL;
    pid_t child = fork();
    if (child == 0) {
        int64_t number = 5;
        if (db_open(&f->db, f->url, &f->err) != OK || db_write(f->db, make_table, NULL, &f->err) != OK ||
            db_write(f->db, add_number, &number, &f->err) != OK)
            _exit(1);
        (void)kill(getpid(), SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_ok(f, db_open(&f->db, f->url, &f->err));
    assert_ok(f, db_read(f->db, count_numbers, &count, &f->err));
    assert_int_equal(count, 1);
}

static void sqlite__copies_the_log_back_when_idle(void **state) {
    struct fixture *f = *state;
    assert_ok(f, db_write(f->db, make_table, NULL, &f->err));
    int64_t deadline = clock_mono_ms() + 10000;
    while (db_get_stats(f->db).log_bytes > 0 || db_get_stats(f->db).checkpoints == 0) {
        assert_true(clock_mono_ms() < deadline);
        (void)usleep(20000);
    }
}

static enum err_code fill_much(struct db_tx *tx, void *context, struct err *err) {
    (void)context;
    return db_exec(tx, DB_NO_ARGS, "insert into numbers (filling) values (zeroblob(1048576))", err);
}

static void sqlite__makes_files_that_only_the_owner_reads(void **state) {
    static const char *const ends[] = { "", "-wal", "-shm" };
    struct fixture *f = *state;
    struct stat info;
    assert_ok(f, db_write(f->db, make_table, NULL, &f->err));
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        assert_int_equal(stat(arena_printf(f->arena, "%s/barograph.db%s", f->folder, ends[i]).ptr, &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
    }
}

static void sqlite__keeps_the_log_small_while_busy(void **state) {
    struct fixture *f = *state;
    struct stat wal;

    assert_ok(f, db_write(f->db, make_table, NULL, &f->err));
    for (int i = 0; i < 64; i++)
        assert_ok(f, db_write(f->db, fill_much, NULL, &f->err));
    assert_int_equal(stat(arena_printf(f->arena, "%s/barograph.db-wal", f->folder).ptr, &wal), 0);
    assert_in_range(wal.st_size, 1, 24 << 20);
}

static void sqlite__refuses_a_damaged_file(void **state) {
    struct fixture *f = *state;
    struct db *db = NULL;
    const char *path = arena_printf(f->arena, "%s/damaged.db", f->folder).ptr;
    struct str url = arena_printf(f->arena, "sqlite:%s", path);

    assert_ok(f, file_replace(path, STR("this is not a database, but it is as long as a header of one has to be, "
                                        "so that it is looked at ......................"), 0600, &f->err));
    assert_int_equal(db_open(&db, url, &f->err), ERR_CORRUPT);
    assert_non_null(strstr(f->err.message, "the database is damaged: file is not a database"));
}

static void sqlite__refuses_a_folder_that_is_not_there(void **state) {
    struct fixture *f = *state;
    struct db *db = NULL;
    assert_int_equal(db_open(&db, STR("sqlite:/nowhere/at/all.db"), &f->err), ERR_IO);
    assert_non_null(strstr(f->err.message, "cannot open the database '/nowhere/at/all.db'"));
}

/* Root may write anywhere, so somebody else tries. */
static void sqlite__refuses_a_file_that_may_only_be_read(void **state) {
    struct fixture *f = *state;
    const char *path = arena_printf(f->arena, "%s/barograph.db", f->folder).ptr;

    db_close(f->db);
    f->db = NULL;
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(f->folder, 0555), 0);
    pid_t child = fork();
    if (child == 0) {
        struct db *db = NULL;
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(2);
        enum err_code code = db_open(&db, f->url, &f->err);
        _exit(code == ERR_IO && strstr(f->err.message, "it may only be read") != NULL ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(chmod(f->folder, 0755), 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(sqlite__commits_works_together_and_undoes_only_the_failed),
        DB_TEST(sqlite__lets_a_full_disk_fail_only_the_work_that_needs_room),
        DB_TEST(sqlite__has_what_it_committed_when_opened_again),
        DB_TEST(sqlite__keeps_what_was_committed_before_a_kill),
        DB_TEST(sqlite__copies_the_log_back_when_idle),
        DB_TEST(sqlite__makes_files_that_only_the_owner_reads),
        DB_TEST(sqlite__keeps_the_log_small_while_busy),
        DB_TEST(sqlite__refuses_a_damaged_file),
        DB_TEST(sqlite__refuses_a_folder_that_is_not_there),
        DB_TEST(sqlite__refuses_a_file_that_may_only_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
