/* test_delivery.c */
#include "tests/unit/server/store/db_fixture.h"

#include "server/store/automations/delivery.h"

static enum err_code add(struct db_tx *tx, int64_t now_ms, struct err *err) {
    struct delivery wanted = { .owner = { 1, 2 }, .kind = STR("alert"), .target = STR("a@b.c"), .subject = STR("s"), .body = STR("{}") };
    return delivery_add(tx, &wanted, now_ms, err);
}

static enum err_code fail_once(struct db_tx *tx, const struct delivery *delivery, int64_t now_ms, struct err *err) {
    struct delivery_outcome outcome = { .status_code = 503, .error = STR("no") };
    return delivery_end(tx, delivery, &outcome, now_ms, err);
}

static enum err_code newest(struct db_tx *tx, struct fixture *f, struct delivery **out, struct err *err) {
    struct list all;
    TRY(delivery_list(tx, 2, 0, 0, 1, f->arena, &all, err));
    *out = all.items[0];
    return OK;
}

WORK_TEST(delivery__is_taken_by_one) {
    struct fixture *f = context;
    struct delivery *first, *second;
    TRY(add(tx, 1000, err));
    TRY(delivery_take(tx, 1000, f->arena, &first, err));
    TRY(delivery_take(tx, 1000, f->arena, &second, err));
    EXPECT(first != NULL && second == NULL);
    return OK;
}

WORK_TEST(delivery__of_a_sender_that_died_is_taken_again_and_the_dead_has_no_say) {
    struct fixture *f = context;
    struct delivery *dead, *living, *now;
    TRY(add(tx, 1000, err));
    TRY(delivery_take(tx, 1000, f->arena, &dead, err));
    TRY(delivery_take(tx, 1000 + DELIVERY_LEASE_MS, f->arena, &living, err));
    EXPECT(living != NULL && living->id == dead->id && living->lease_token != dead->lease_token && living->attempts == 2);
    TRY(fail_once(tx, dead, 1000, err));
    TRY(newest(tx, f, &now, err));
    EXPECT(now->status_code == 0);
    struct delivery_outcome sent = { .is_sent = true, .status_code = 200 };
    TRY(delivery_end(tx, living, &sent, 5000, err));
    TRY(newest(tx, f, &now, err));
    EXPECT(str_eq_c(now->state, "SENT") && now->sent_at == 5000);
    return OK;
}

WORK_TEST(delivery__waits_longer_each_time_and_fails_in_the_end) {
    struct fixture *f = context;
    struct delivery *taken, *now;
    int64_t now_ms = 0, last_pause = 0;
    TRY(add(tx, 0, err));
    for (int i = 0; i < DELIVERY_ATTEMPTS_MAX; i++) {
        bool is_due;
        TRY(delivery_take(tx, now_ms, f->arena, &taken, err));
        EXPECT(taken != NULL);
        TRY(fail_once(tx, taken, now_ms, err));
        TRY(newest(tx, f, &now, err));
        EXPECT(now->next_at - now_ms >= last_pause);
        last_pause = now->next_at - now_ms;
        TRY(delivery_is_due(tx, now->next_at - 1, &is_due, err));
        EXPECT(!is_due);
        now_ms = now->next_at;
    }
    EXPECT(str_eq_c(now->state, "FAILED") && now->attempts == DELIVERY_ATTEMPTS_MAX && last_pause == 3600000);
    TRY(delivery_take(tx, now_ms, f->arena, &taken, err));
    EXPECT(taken == NULL);
    return OK;
}

WORK_TEST(delivery__that_is_hopeless_is_not_tried_again) {
    struct fixture *f = context;
    struct delivery_outcome outcome = { .is_hopeless = true, .error = STR("redirect") };
    struct delivery *taken, *now;
    TRY(add(tx, 0, err));
    TRY(delivery_take(tx, 0, f->arena, &taken, err));
    TRY(delivery_end(tx, taken, &outcome, 0, err));
    TRY(newest(tx, f, &now, err));
    EXPECT(str_eq_c(now->state, "FAILED") && str_eq_c(now->error, "redirect"));
    return OK;
}

WORK_TEST(delivery__old_ones_are_forgotten_but_for_the_queue) {
    struct fixture *f = context;
    struct delivery_outcome sent = { .is_sent = true };
    struct delivery *taken;
    struct list all;
    TRY(add(tx, 0, err));
    TRY(add(tx, 1, err));
    TRY(delivery_take(tx, 1, f->arena, &taken, err));
    TRY(delivery_end(tx, taken, &sent, 1, err));
    TRY(delivery_forget(tx, 1000, err));
    TRY(delivery_list(tx, 2, 0, 0, 10, f->arena, &all, err));
    EXPECT(all.count == 1 && str_eq_c(((const struct delivery *)all.items[0])->state, "QUEUED"));
    return OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(delivery__is_taken_by_one),
        DB_TEST(delivery__of_a_sender_that_died_is_taken_again_and_the_dead_has_no_say),
        DB_TEST(delivery__waits_longer_each_time_and_fails_in_the_end),
        DB_TEST(delivery__that_is_hopeless_is_not_tried_again),
        DB_TEST(delivery__old_ones_are_forgotten_but_for_the_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
