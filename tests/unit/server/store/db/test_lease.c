/* test_lease.c - also on PostgreSQL, whose clock it then is. */
#include "tests/unit/server/store/db_fixture.h"

#include "base/clock.h"
#include "server/store/db/lease.h"

#include <pthread.h>
#include <time.h>

static void pause_ms(int64_t ms) {
    struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };
    (void)nanosleep(&pause, NULL);
}

#define DUTY STR("duty")
#define ANNA STR("anna")
#define BERT STR("bert")

WORK_TEST(lease__is_one_owners_and_renewed_by_it_alone) {
    struct fixture *f = context;
    int64_t first, again, other;
    struct str owner;
    bool is_free;
    TRY(lease_is_free(tx, DUTY, BERT, &is_free, err));
    EXPECT(is_free);
    TRY(lease_find_owner(tx, DUTY, &owner, f->arena, err));
    EXPECT(owner.len == 0);
    TRY(lease_take(tx, DUTY, ANNA, 60000, &first, err));
    TRY(lease_take(tx, DUTY, ANNA, 60000, &again, err));
    EXPECT(first > 0 && again == first);
    TRY(lease_take(tx, DUTY, BERT, 60000, &other, err));
    EXPECT(other == 0);
    TRY(lease_is_free(tx, DUTY, BERT, &is_free, err));
    EXPECT(!is_free);
    TRY(lease_find_owner(tx, DUTY, &owner, f->arena, err));
    EXPECT(str_eq(owner, ANNA));
    TRY(lease_check(tx, DUTY, first, err));
    return OK;
}

WORK_TEST(lease__of_a_dead_owner_is_taken_over_and_its_works_are_refused) {
    int64_t old, next;
    (void)context;
    TRY(lease_take(tx, DUTY, ANNA, 0, &old, err));
    TRY(lease_take(tx, DUTY, BERT, 60000, &next, err));
    EXPECT(next > old);
    TRY(lease_check(tx, DUTY, next, err));
    EXPECT_ERROR(lease_check(tx, DUTY, old, err), ERR_CONFLICT, "another server has taken over 'duty'");
    return OK;
}

WORK_TEST(lease__past_its_time_is_no_more_even_if_nobody_took_it) {
    int64_t old, next;
    (void)context;
    TRY(lease_take(tx, DUTY, ANNA, 0, &old, err));
    EXPECT_ERROR(lease_check(tx, DUTY, old, err), ERR_CONFLICT, "another server has taken over 'duty'");
    TRY(lease_take(tx, DUTY, ANNA, 60000, &next, err));
    EXPECT(next > old);
    return OK;
}

WORK_TEST(lease__given_back_is_free_at_once) {
    int64_t token, next;
    (void)context;
    TRY(lease_take(tx, DUTY, ANNA, 60000, &token, err));
    TRY(lease_give_back(tx, DUTY, token + 1, err)); /* not ours: nothing happens */
    TRY(lease_take(tx, DUTY, BERT, 60000, &next, err));
    EXPECT(next == 0);
    TRY(lease_give_back(tx, DUTY, token, err));
    TRY(lease_take(tx, DUTY, BERT, 60000, &next, err));
    EXPECT(next == token + 1);
    return OK;
}

/* This process's own clock has no say: with PostgreSQL it is ten minutes wrong here. */
WORK_TEST(lease__dropped_is_gone_unless_it_is_anothers) {
    int64_t token, next;
    (void)context;
    TRY(lease_take(tx, DUTY, ANNA, 60000, &token, err));
    TRY(lease_drop(tx, DUTY, token + 1, err));
    TRY(lease_check(tx, DUTY, token, err));
    TRY(lease_drop(tx, DUTY, token, err));
    EXPECT_ERROR(lease_check(tx, DUTY, token, err), ERR_CONFLICT, "another server has taken over 'duty'");
    TRY(lease_take(tx, DUTY, BERT, 60000, &next, err));
    EXPECT(next > 0);
    return OK;
}

WORK_TEST(lease__goes_by_the_databases_clock) {
    int64_t token;
    (void)context;
    TRY(lease_take(tx, DUTY, ANNA, 60000, &token, err));
    if (fixture_server() == NULL)
        return OK;
    clock_shift_wall_ms(600000);
    enum err_code code = lease_check(tx, DUTY, token, err);
    clock_shift_wall_ms(-600000);
    return code;
}

/* ---- keepers ---- */

static bool has_within(struct lease_keeper *keeper, enum duty duty, int64_t limit_ms) {
    int64_t until_ms = clock_mono_ms() + limit_ms;
    while (!lease_keeper_has(keeper, duty) && clock_mono_ms() < until_ms)
        pause_ms(20);
    return lease_keeper_has(keeper, duty);
}

struct checking {
    struct lease_keeper *keeper;
};

static enum err_code check(struct db_tx *tx, void *context, struct err *err) {
    return lease_keeper_check(((struct checking *)context)->keeper, tx, DUTY_UPKEEP, err);
}

static void keeper__costs_nothing_where_there_is_one_server(void **state) {
    struct fixture *f = *state;
    struct checking checking = { NULL };
    if (fixture_server() != NULL)
        return;
    assert_ok(f, lease_keeper_start(&checking.keeper, f->db, &f->err));
    assert_null(checking.keeper);
    assert_true(lease_keeper_has(checking.keeper, DUTY_UPKEEP));
    assert_ok(f, db_write(f->db, check, &checking, &f->err));
}

static void keeper__hands_duties_to_the_next_when_it_stops(void **state) {
    struct fixture *f = *state;
    struct checking first, second;
    if (fixture_server() == NULL)
        return;
    assert_ok(f, lease_keeper_start(&first.keeper, f->db, &f->err));
    assert_true(has_within(first.keeper, DUTY_UPKEEP, 5000));
    assert_ok(f, lease_keeper_start(&second.keeper, f->db, &f->err));
    assert_false(has_within(second.keeper, DUTY_UPKEEP, 300));
    assert_ok(f, db_write(f->db, check, &first, &f->err));
    assert_int_equal(db_write(f->db, check, &second, &f->err), ERR_CONFLICT);
    lease_keeper_stop(first.keeper);
    assert_true(has_within(second.keeper, DUTY_UPKEEP, 2 * LEASE_RENEWAL_MS));
    assert_ok(f, db_write(f->db, check, &second, &f->err));
    lease_keeper_stop(second.keeper);
}

/* ---- notices ---- */

struct heard {
    pthread_mutex_t lock;
    int count, lost_count;
    char last[64];
};

static void hear(void *context, struct str notice) {
    struct heard *heard = context;
    (void)pthread_mutex_lock(&heard->lock);
    if (notice.len == 0)
        heard->lost_count++;
    else
        heard->count++;
    (void)snprintf(heard->last, sizeof heard->last, "%.*s", STR_ARG(notice));
    (void)pthread_mutex_unlock(&heard->lock);
}

static int count_of(struct heard *heard) {
    (void)pthread_mutex_lock(&heard->lock);
    int count = heard->count;
    (void)pthread_mutex_unlock(&heard->lock);
    return count;
}

static enum err_code send(struct db_tx *tx, void *context, struct err *err) {
    return db_notify(tx, *(struct str *)context, err);
}

static void notice__reaches_who_subscribed_after_the_commit(void **state) {
    struct fixture *f = *state;
    struct heard heard = { .lock = PTHREAD_MUTEX_INITIALIZER };
    struct str notice = STR("news");
    assert_ok(f, db_subscribe(f->db, hear, &heard, &f->err));
    assert_ok(f, db_write(f->db, send, &notice, &f->err));
    for (int64_t until_ms = clock_mono_ms() + 2000; count_of(&heard) == 0 && clock_mono_ms() < until_ms;)
        pause_ms(5);
    db_unsubscribe(f->db);
    assert_int_equal(heard.count, 1);
    assert_string_equal(heard.last, "news");
    assert_ok(f, db_write(f->db, send, &notice, &f->err));
    pause_ms(50);
    assert_int_equal(heard.count, 1);
}

static void notice__is_short(void **state) {
    struct fixture *f = *state;
    struct str notice = STR("0123456789012345678901234567890123456789012345678901234567890123");
    assert_int_equal(db_write(f->db, send, &notice, &f->err), ERR_INTERNAL);
}

/* ---- alone ---- */

static enum err_code write_alone(struct db_tx *tx, void *context, struct err *err) {
    (*(int *)context)++;
    return db_write_alone(tx, err);
}

static void write_alone__is_run_again_until_it_is(void **state) {
    struct fixture *f = *state;
    int count = 0;
    assert_ok(f, db_write(f->db, write_alone, &count, &f->err));
    assert_int_equal(count, fixture_server() == NULL ? 1 : 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(lease__is_one_owners_and_renewed_by_it_alone),
        DB_TEST(lease__of_a_dead_owner_is_taken_over_and_its_works_are_refused),
        DB_TEST(lease__past_its_time_is_no_more_even_if_nobody_took_it),
        DB_TEST(lease__given_back_is_free_at_once),
        DB_TEST(lease__dropped_is_gone_unless_it_is_anothers),
        DB_TEST(lease__goes_by_the_databases_clock),
        DB_TEST(keeper__costs_nothing_where_there_is_one_server),
        DB_TEST(keeper__hands_duties_to_the_next_when_it_stops),
        DB_TEST(notice__reaches_who_subscribed_after_the_commit),
        DB_TEST(notice__is_short),
        DB_TEST(write_alone__is_run_again_until_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
