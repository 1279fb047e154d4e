/* test_artifact_event.c - the history of a version. */
#include "server/store/artifacts/artifact_event.h"
#include "tests/unit/server/store/run_fixture.h"

static enum err_code give_alias(struct db_tx *tx, int64_t artifact_id, int64_t now_ms, struct err *err) {
    TRY(artifact_event_add_alias(tx, 1, 3, STR("best"), artifact_id, now_ms, err));
    return db_exec(tx, DB_ARGS(DB_INT(artifact_id)),
                   "insert into artifact_aliases (collection_id, alias, artifact_id) values (3, 'best', $1)"
                   " on conflict (collection_id, alias) do update set artifact_id = excluded.artifact_id",
                   err);
}

static enum err_code list(struct db_tx *tx, struct fixture *f, const struct artifact_event *last, size_t limit, struct list *out, struct err *err) {
    *out = (struct list){ 0 };
    return artifact_event_list(tx, 7, last, limit, f->arena, out, err);
}

WORK_TEST(artifact_event__tells_where_an_alias_came_from_and_went) {
    struct fixture *f = context;
    struct list events;
    TRY(give_alias(tx, 7, 100, err));
    TRY(give_alias(tx, 7, 101, err)); /* has it already */
    TRY(give_alias(tx, 8, 102, err));
    TRY(list(tx, f, NULL, 10, &events, err));
    assert_int_equal(events.count, 2);
    const struct artifact_event *newest = events.items[0], *oldest = events.items[1];
    assert_true(str_eq_c(newest->action, "ALIAS_REMOVED") && newest->at == 102 && newest->collection_id == 3);
    assert_true(str_eq_c(oldest->action, "ALIAS_ADDED") && oldest->at == 100 && str_eq_c(oldest->detail, "best"));
    return OK;
}

WORK_TEST(artifact_event__goes_on_behind_the_last_also_within_a_moment) {
    struct fixture *f = context;
    struct artifact_event event = { .artifact_id = 7, .action = STR("TAG_ADDED") };
    const struct artifact_event *last = NULL;
    struct list events;
    int64_t count;
    for (int i = 0; i < 5; i++) {
        event.detail = arena_printf(f->arena, "%d", i);
        TRY(artifact_event_add(tx, &event, 100, err));
    }
    for (int i = 4; i >= 0; i--) {
        TRY(list(tx, f, last, 1, &events, err));
        assert_int_equal(events.count, 1);
        last = events.items[0];
        assert_true(str_eq(last->detail, arena_printf(f->arena, "%d", i)));
    }
    TRY(list(tx, f, last, 1, &events, err));
    assert_int_equal(events.count, 0);
    TRY(artifact_event_count(tx, 7, &count, err));
    assert_int_equal(count, 5);
    return OK;
}

WORK_TEST(artifact_event__counts_those_of_collections_by_themselves) {
    struct fixture *f = context;
    struct artifact_event event = { .artifact_id = 7, .action = STR("ALIAS_ADDED") };
    struct list found;
    TRY(artifact_event_add(tx, &event, 100, err));
    event.collection_id = 3;
    for (int i = 0; i < 2; i++)
        TRY(artifact_event_add(tx, &event, 100, err));
    TRY(artifact_event_count_elsewhere(tx, 7, f->arena, &found, err));
    assert_int_equal(found.count, 1);
    const struct artifact_event_count *some = found.items[0];
    assert_true(some->collection_id == 3 && some->run_id == 0 && some->count == 2);
    return OK;
}

WORK_TEST(artifact_event__keeps_the_beginning_of_a_long_detail) {
    struct fixture *f = context;
    char *text = arena_alloc(f->arena, 5000);
    struct artifact_event event = { .artifact_id = 7, .action = STR("DESCRIPTION_CHANGED"), .detail = { text, 5000 } };
    struct list events;
    for (size_t i = 0; i < 5000; i++) /* two bytes a character, from the second on */
        text[i] = i == 0 ? 'x' : i % 2 == 1 ? '\xc3' : '\xa9';
    TRY(artifact_event_add(tx, &event, 100, err));
    TRY(list(tx, f, NULL, 1, &events, err));
    assert_int_equal(((const struct artifact_event *)events.items[0])->detail.len, ARTIFACT_EVENT_DETAIL_MAX - 1);
    return OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(artifact_event__tells_where_an_alias_came_from_and_went),
        DB_TEST(artifact_event__goes_on_behind_the_last_also_within_a_moment),
        DB_TEST(artifact_event__counts_those_of_collections_by_themselves),
        DB_TEST(artifact_event__keeps_the_beginning_of_a_long_detail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
