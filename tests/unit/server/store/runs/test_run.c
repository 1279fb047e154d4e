/* test_run.c - runs: found, made, changed, moved, deleted. */
#include "tests/unit/server/store/run_fixture.h"

enum { P1 = 1, P2 = 2, ALICE = 1 };

/* The arguments and the result of one step. */
struct call {
    int64_t id, project, now;
    struct str name;
    struct run_change change;
    struct run_stream_change stream;
    struct run_stream_result result;
    enum run_state state;
    struct run *run;
    size_t count;
    bool is_inserted, follow_moved;
};

static enum err_code do_upsert(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    return run_upsert(tx, c->project, c->name, ALICE, &c->change, c->now, f->arena, &c->run, &c->is_inserted,
                      err);
}

static enum err_code do_find(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    return run_find(tx, c->project, c->name, RUN_CONFIG | RUN_SUMMARY, c->follow_moved, f->arena, &c->run,
                    err);
}

static enum err_code do_find_by_storage_id(struct db_tx *tx, struct fixture *f, void *context,
                                           struct err *err) {
    struct call *c = context;
    return run_find_by_storage_id(tx, c->name, 0, f->arena, &c->run, err);
}

static enum err_code do_ensure(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    return run_ensure(tx, c->project, c->name, ALICE, c->now, f->arena, &c->run, &c->is_inserted, err);
}

static enum err_code do_update(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    (void)f;
    return run_update(tx, c->id, &c->change, c->now, err);
}

static enum err_code do_stream(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    struct run *run;
    TRY(run_find_by_id(tx, c->id, 0, f->arena, &run, err));
    return run_apply_stream(tx, run, &c->stream, c->now, &c->result, err);
}

static enum err_code do_stop(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    (void)f;
    return run_request_stop(tx, c->id, c->now, err);
}

static enum err_code do_crash(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    (void)f;
    return run_crash_silent(tx, c->now, c->now, 100, &c->count, err);
}

static enum err_code do_move(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    (void)f;
    return run_move(tx, c->id, c->project, c->now, err);
}

static enum err_code do_delete(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    (void)f;
    return run_delete(tx, c->id, c->now, err);
}

static struct run *upsert(struct fixture *f, int64_t project, const char *name, struct run_change change) {
    struct call c = { .project = project, .name = str_from_c(name), .change = change, .now = 5000 };
    c.change.is_from_client = true;
    assert_ok(f, in_tx(f, do_upsert, &c));
    return c.run;
}

static struct run *find(struct fixture *f, int64_t project, const char *name) {
    struct call c = { .project = project, .name = str_from_c(name) };
    assert_ok(f, in_tx(f, do_find, &c));
    return c.run;
}

static enum err_code find_code(struct fixture *f, int64_t project, const char *name) {
    struct call c = { .project = project, .name = str_from_c(name) };
    return in_tx(f, do_find, &c);
}

static struct run_stream_result stream(struct fixture *f, int64_t id, struct run_stream_change change,
                                       int64_t now) {
    struct call c = { .id = id, .stream = change, .now = now };
    assert_ok(f, in_tx(f, do_stream, &c));
    return c.result;
}

#define assert_str(actual, expected) assert_true(str_eq_c((actual), (expected)))

static void run__is_made_once_and_keeps_what_a_null_leaves(void **state) {
    struct fixture *f = *state;
    struct call c = { .project = P1, .name = STR("a1"), .now = 7000 };
    struct run *run;

    c.change = (struct run_change){ .notes = STR("first"),
                                    .group = STR("g"),
                                    .config = STR("{\"lr\":{\"value\":0.1}}"),
                                    .tags = STR("[\"x\"]"),
                                    .is_from_client = true };
    assert_ok(f, in_tx(f, do_upsert, &c));
    assert_true(c.is_inserted);
    c.change = (struct run_change){ .notes = STR(""), .is_from_client = true };
    assert_ok(f, in_tx(f, do_upsert, &c));
    assert_false(c.is_inserted);

    run = find(f, P1, "a1");
    assert_str(run->notes, "");
    assert_non_null(run->notes.ptr);
    assert_str(run->group, "g");
    assert_str(run->config, "{\"lr\":{\"value\":0.1}}");
    assert_str(run->tags, "[\"x\"]");
    assert_null(run->summary.ptr);
    assert_null(run->job_type.ptr);
    assert_int_equal(run->state, RUN_RUNNING);
    assert_int_equal(run->created_at, 7000);
    assert_str(run->username, "alice");
    assert_str(run->project_name, "p1");
    assert_str(run->entity_name, "alice");
    assert_int_equal(run->owner.entity_id, 1);
    assert_int_equal(run->owner.project_id, P1);
}

static void run__gets_a_name_that_counts_the_projects_runs(void **state) {
    struct fixture *f = *state;
    (void)upsert(f, P1, "a1", (struct run_change){ 0 });
    assert_true(str_ends_with(upsert(f, P1, "a2", (struct run_change){ 0 })->display_name, STR("-2")));
    assert_true(str_ends_with(upsert(f, P1, "a3", (struct run_change){ .sweep = STR("s") })->display_name,
                              STR("-sweep-3")));
    assert_str(upsert(f, P1, "a4", (struct run_change){ .display_name = STR("mine") })->display_name, "mine");
}

static void run__refuses_what_it_should_not_hold(void **state) {
    struct fixture *f = *state;
    static const struct {
        struct run_change change;
        const char *name, *message;
    } cases[] = {
        { { .config = STR_INIT("[1]") }, "a", "config is not a JSON object" },
        { { .config = STR_INIT("{\"a\":}") }, "a", NULL },
        { { .summary = STR_INIT("nope") }, "a", NULL },
        { { .tags = STR_INIT("{}") }, "a", "tags must be a list of at most 1000 strings" },
        { { .tags = STR_INIT("[1]") }, "a", "tag 0 must be a string of 1 to 256 bytes" },
        { { .state = STR_INIT("dancing") }, "a", "unknown run state 'dancing'" },
        { { .notes = STR_INIT("\xFF") }, "a", "notes is not valid UTF-8" },
        { { .tags = STR_INIT("[]") },
          "a/b",
          "run id 'a/b' must be without / \\ # ? % : and control characters, and without spaces around it" },
        { { .tags = STR_INIT("[]") }, "", "run id must have 1 to 128 bytes, got 0" },
        { { .tags = STR_INIT("[]") }, "..", NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct call c = { .project = P1, .name = str_from_c(cases[i].name), .change = cases[i].change };
        assert_int_equal(in_tx(f, do_upsert, &c), ERR_BAD_INPUT);
        if (cases[i].message != NULL)
            assert_string_equal(f->err.message, cases[i].message);
        assert_int_equal(find_code(f, P1, "a"), ERR_NOT_FOUND);
    }
}

static void run__accepts_bare_nan_in_its_summary_as_given(void **state) {
    struct fixture *f = *state;
    (void)upsert(f, P1, "a", (struct run_change){ .summary = STR("{\"loss\": NaN }") });
    assert_str(find(f, P1, "a")->summary, "{\"loss\": NaN }");
}

static void run__is_found_by_its_storage_id_and_by_nothing_like_it(void **state) {
    struct fixture *f = *state;
    struct run *run = upsert(f, P1, "h1", (struct run_change){ 0 });
    struct call c = { .name = run_storage_id(run, f->arena) };

    assert_str(c.name, "UnVuOnYxOmgxOnAxOmFsaWNl");
    assert_ok(f, in_tx(f, do_find_by_storage_id, &c));
    assert_int_equal(c.run->id, run->id);
    c.name = STR("UnVuOnYxOmgxOnAxOmFsaWNlOng="); /* a fifth part */
    assert_int_equal(in_tx(f, do_find_by_storage_id, &c), ERR_NOT_FOUND);
    c.name = STR("!");
    assert_int_equal(in_tx(f, do_find_by_storage_id, &c), ERR_NOT_FOUND);
}

static void run__raises_its_version_at_each_change(void **state) {
    struct fixture *f = *state;
    struct run *a = upsert(f, P1, "a", (struct run_change){ 0 });
    struct run *b = upsert(f, P1, "b", (struct run_change){ 0 });
    int64_t before = find(f, P1, "a")->version;

    assert_true(b->version > a->version);
    (void)stream(f, a->id, (struct run_stream_change){ 0 }, 6000);
    assert_true(find(f, P1, "a")->version > b->version);
    assert_true(find(f, P1, "a")->version > before);
}

static void run__ends_as_its_stream_says(void **state) {
    struct fixture *f = *state;
    struct run *run = upsert(f, P1, "a", (struct run_change){ 0 });
    struct run_stream_result result =
        stream(f, run->id, (struct run_stream_change){ .summary = STR("{\"x\":1}") }, 6000);

    assert_int_equal(result.state, RUN_RUNNING);
    assert_false(result.is_terminal_now);
    result = stream(f, run->id, (struct run_stream_change){ .is_complete = true, .exit_code = 3 }, 7000);
    assert_int_equal(result.state, RUN_FAILED);
    assert_true(result.is_terminal_now);
    result = stream(f, run->id, (struct run_stream_change){ .is_complete = true, .exit_code = 3 }, 8000);
    assert_false(result.is_terminal_now); /* the same again, after a lost answer */

    run = find(f, P1, "a");
    assert_true(run->has_exit_code);
    assert_int_equal(run->exit_code, 3);
    assert_int_equal(run->ended_at, 7000);
    assert_int_equal(run->heartbeat_at, 8000);
    assert_str(run->summary, "{\"x\":1}");
}

static void run__is_stopped_once_and_forgets_that_when_resumed(void **state) {
    struct fixture *f = *state;
    struct run *run = upsert(f, P1, "a", (struct run_change){ 0 });
    struct call c = { .id = run->id, .now = 6000 };
    struct run_stream_result result;

    assert_ok(f, in_tx(f, do_stop, &c));
    assert_true(stream(f, run->id, (struct run_stream_change){ 0 }, 6100).is_stop_requested);
    result = stream(f, run->id, (struct run_stream_change){ .is_complete = true, .exit_code = 255 }, 6200);
    assert_int_equal(result.state, RUN_KILLED);
    run = upsert(f, P1, "a", (struct run_change){ 0 });
    assert_int_equal(run->state, RUN_RUNNING);
    assert_false(run->is_stop_requested);
    assert_false(run->has_exit_code);
    assert_int_equal(run->ended_at, 0);
}

static void run__is_not_begun_by_somebody_who_edits_it(void **state) {
    struct fixture *f = *state;
    struct run *run = upsert(f, P1, "a", (struct run_change){ 0 });
    struct call c = { .id = run->id, .now = 9000, .change = { .notes = STR("later") } };

    (void)stream(f, run->id, (struct run_stream_change){ .is_complete = true }, 7000);
    assert_ok(f, in_tx(f, do_update, &c));
    run = find(f, P1, "a");
    assert_int_equal(run->state, RUN_FINISHED);
    assert_int_equal(run->heartbeat_at, 7000);
    assert_str(run->notes, "later");
}

static void run__crashes_when_silent_and_runs_again_when_it_sends(void **state) {
    struct fixture *f = *state;
    struct run *silent = upsert(f, P1, "silent", (struct run_change){ 0 });
    struct run *alive = upsert(f, P1, "alive", (struct run_change){ 0 });
    struct call c = { .now = 8000 };

    (void)upsert(f, P1, "queued", (struct run_change){ .state = STR("pending") });
    (void)stream(f, alive->id, (struct run_stream_change){ 0 }, 9000);
    assert_ok(f, in_tx(f, do_crash, &c));
    assert_int_equal(c.count, 1);
    assert_int_equal(find(f, P1, "silent")->state, RUN_CRASHED);
    assert_int_equal(find(f, P1, "alive")->state, RUN_RUNNING);
    assert_int_equal(find(f, P1, "queued")->state, RUN_PENDING);
    assert_int_equal(stream(f, silent->id, (struct run_stream_change){ 0 }, 9500).state, RUN_RUNNING);
    assert_int_equal(find(f, P1, "silent")->ended_at, 0);
}

/* ---- its place, in one question ---- */

struct place_call {
    struct run_place place;
    struct run *run;
    enum right right;
};

static enum err_code do_find_place(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct place_call *c = context;
    return run_find_place(tx, &c->place, f->arena, &c->run, &c->right, err);
}

static struct place_call find_place(struct fixture *f, const char *entity, const char *project, const char *name) {
    struct place_call c = { .place = { str_from_c(entity), str_from_c(project), str_from_c(name), ALICE, false } };
    assert_ok(f, in_tx(f, do_find_place, &c));
    return c;
}

static enum err_code make_alice_a_member(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    (void)f;
    (void)context;
    return db_exec(tx, DB_NO_ARGS, "insert into members (entity_id, user_id, role, created_at) values (1, 1, 'member', 1)", err);
}

static void run__is_found_by_its_place_while_it_is_plainly_there(void **state) {
    struct fixture *f = *state;
    struct run *run = upsert(f, P1, "a", (struct run_change){ 0 });
    struct call c = { .id = run->id, .now = 6000, .project = P2, .name = STR("a") };

    assert_int_equal(find_place(f, "alice", "p1", "a").right, RIGHT_NONE);
    assert_ok(f, in_tx(f, make_alice_a_member, NULL));
    struct place_call found = find_place(f, "alice", "p1", "a");
    assert_int_equal(found.right, RIGHT_WRITE);
    assert_int_equal(found.run->id, run->id);
    assert_int_equal(found.run->owner.project_id, P1);
    assert_int_equal(found.run->state, RUN_RUNNING);
    assert_ok(f, in_tx(f, do_stop, &c));
    assert_true(find_place(f, "alice", "p1", "a").run->is_stop_requested);
    assert_null(find_place(f, "Alice", "p1", "a").run);
    assert_null(find_place(f, "lab", "p1", "a").run);
    assert_null(find_place(f, "alice", "p2", "a").run);
    assert_null(find_place(f, "alice", "p1", "b").run);
    assert_ok(f, in_tx(f, do_move, &c));
    assert_null(find_place(f, "alice", "p1", "a").run);
    assert_int_equal(find_place(f, "lab", "p2", "a").run->id, run->id);
    assert_ok(f, in_tx(f, do_delete, &c));
    assert_null(find_place(f, "lab", "p2", "a").run);
}

static void run__leaves_a_tombstone_that_a_stream_does_not_wake(void **state) {
    struct fixture *f = *state;
    struct run *run = upsert(f, P1, "a", (struct run_change){ .config = STR("{}"), .notes = STR("secret") }),
               *again;
    struct call c = { .id = run->id, .now = 6000, .project = P1, .name = STR("a") };

    assert_ok(f, in_tx(f, do_delete, &c));
    assert_int_equal(find_code(f, P1, "a"), ERR_GONE);
    assert_string_equal(f->err.message, "run 'a' was deleted");
    assert_int_equal(in_tx(f, do_ensure, &c), ERR_GONE);
    assert_int_equal(in_tx(f, do_stream, &c), ERR_NOT_FOUND);
    assert_int_equal(in_tx(f, do_delete, &c), ERR_NOT_FOUND);

    again = upsert(f, P1, "a", (struct run_change){ 0 });
    assert_true(again->id > run->id);
    assert_true(again->is_reused);
    assert_null(again->notes.ptr);
    assert_null(again->config.ptr);
    assert_false(run->is_reused);
}

static void run__is_heard_under_its_old_name_after_a_move(void **state) {
    struct fixture *f = *state;
    struct run *run = upsert(f, P1, "a", (struct run_change){ .config = STR("{\"k\":{\"value\":1}}") });
    struct call c = { .id = run->id, .now = 6000, .project = P2 };

    assert_ok(f, in_tx(f, do_move, &c));
    assert_int_equal(find_code(f, P1, "a"), ERR_NOT_FOUND);
    assert_int_equal(find(f, P2, "a")->id, run->id);
    assert_str(find(f, P2, "a")->config, "{\"k\":{\"value\":1}}");

    c = (struct call){ .project = P1, .name = STR("a"), .now = 7000, .follow_moved = true };
    assert_ok(f, in_tx(f, do_find, &c));
    assert_int_equal(c.run->owner.project_id, P2);
    assert_int_equal(c.run->owner.entity_id, 2);
    assert_ok(f, in_tx(f, do_ensure, &c));
    assert_false(c.is_inserted);
    assert_int_equal(c.run->id, run->id);
}

static void run__does_not_move_onto_another(void **state) {
    struct fixture *f = *state;
    struct run *run = upsert(f, P1, "a", (struct run_change){ 0 });
    struct call c = { .id = run->id, .now = 6000, .project = P2 };

    (void)upsert(f, P2, "a", (struct run_change){ 0 });
    assert_int_equal(in_tx(f, do_move, &c), ERR_CONFLICT);
    assert_int_equal(find(f, P1, "a")->id, run->id);
}

static int set_up(void **state) {
    int result = fixture_set_up(state);
    struct fixture *f = *state;
    return result == 0 && in_tx(f, add_people, NULL) == OK ? 0 : -1;
}

#define RUN_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, fixture_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        RUN_TEST(run__is_made_once_and_keeps_what_a_null_leaves),
        RUN_TEST(run__gets_a_name_that_counts_the_projects_runs),
        RUN_TEST(run__refuses_what_it_should_not_hold),
        RUN_TEST(run__accepts_bare_nan_in_its_summary_as_given),
        RUN_TEST(run__is_found_by_its_storage_id_and_by_nothing_like_it),
        RUN_TEST(run__raises_its_version_at_each_change),
        RUN_TEST(run__ends_as_its_stream_says),
        RUN_TEST(run__is_stopped_once_and_forgets_that_when_resumed),
        RUN_TEST(run__is_not_begun_by_somebody_who_edits_it),
        RUN_TEST(run__crashes_when_silent_and_runs_again_when_it_sends),
        RUN_TEST(run__is_found_by_its_place_while_it_is_plainly_there),
        RUN_TEST(run__leaves_a_tombstone_that_a_stream_does_not_wake),
        RUN_TEST(run__is_heard_under_its_old_name_after_a_move),
        RUN_TEST(run__does_not_move_onto_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
