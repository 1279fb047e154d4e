/* test_upload_queue.c - uploads that wait while the database is busy, on a real one. */
#include "server/api/runs/upload_queue.h"

#include "server/store/db/db.h"
#include "tests/unit/server/api/api_fixture.h"

enum { UPLOADS_MAX = 300, WRONG = 7 };

struct world {
    struct fixture *f;
    struct upload_queue *queue;
    struct upload uploads[UPLOADS_MAX];
    bool was_with_others[UPLOADS_MAX];
    pthread_mutex_t gate; /* the database is busy while it is locked */
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t has_ended;
    size_t ended_count, failed_count;
    enum err_code wrong_code;
};

static struct world world;

/* Its number is in its facts. */
static enum err_code store(struct db_tx *tx, void *context, struct err *err) {
    const struct upload *upload = context;
    int64_t number = (int64_t)upload->facts.size_bytes;
    world.was_with_others[number] = upload->before != NULL;
    if (number == WRONG && world.wrong_code != OK)
        return err_set(err, world.wrong_code, "number %d is wrong", WRONG);
    return db_exec(tx, DB_ARGS(DB_INT(number)), "insert into uploads_of_the_test (number) values ($1)", err);
}

static void note_end(struct upload *upload, enum err_code code, const struct err *err) {
    if (code != OK) {
        assert_int_equal(upload->facts.size_bytes, WRONG);
        assert_int_equal(code, world.wrong_code);
        assert_string_equal(err->message, "number 7 is wrong");
    }
    (void)pthread_mutex_lock(&world.mutex);
    world.ended_count++;
    world.failed_count += code != OK;
    (void)pthread_cond_signal(&world.has_ended);
    (void)pthread_mutex_unlock(&world.mutex);
}

static int set_up(void **state) {
    int result = api_set_up(state);
    memset(&world, 0, sizeof world);
    world.f = *state;
    (void)pthread_mutex_init(&world.gate, NULL);
    (void)pthread_mutex_init(&world.mutex, NULL);
    (void)pthread_cond_init(&world.has_ended, NULL);
    if (result == 0)
        api_execute(world.f, "create table uploads_of_the_test (number integer)");
    world.queue = upload_queue_create(world.f->app.db, &(struct upload_steps){ store, note_end });
    return result;
}

static int tear_down(void **state) {
    upload_queue_destroy(world.queue);
    return api_tear_down(state);
}

static enum err_code wait_at_gate(struct db_tx *tx, void *context, struct err *err) {
    (void)tx;
    (void)context;
    (void)err;
    (void)pthread_mutex_lock(&world.gate);
    (void)pthread_mutex_unlock(&world.gate);
    return OK;
}

static void ignore_end(void *context, enum err_code code, const struct err *err) {
    (void)context;
    (void)code;
    (void)err;
}

static void add_while_the_database_is_busy(size_t count) {
    (void)pthread_mutex_lock(&world.gate);
    db_write_later(world.f->app.db, wait_at_gate, NULL, ignore_end);
    for (size_t i = 0; i < count; i++) {
        world.uploads[i].facts.size_bytes = i;
        upload_queue_add(world.queue, &world.uploads[i]);
    }
    (void)pthread_mutex_unlock(&world.gate);
    (void)pthread_mutex_lock(&world.mutex);
    while (world.ended_count < count)
        (void)pthread_cond_wait(&world.has_ended, &world.mutex);
    (void)pthread_mutex_unlock(&world.mutex);
}

static void upload_queue__stores_together_what_waits(void **state) {
    struct fixture *f = *state;
    add_while_the_database_is_busy(20);
    assert_int_equal(world.failed_count, 0);
    size_t first_count = 0; /* of its group: those that were added before the queue looked are one, the others another */
    for (size_t i = 0; i < 20; i++)
        first_count += !world.was_with_others[i];
    assert_in_range(first_count, 1, 2);
    assert_int_equal(api_count(f, "select count(distinct number) from uploads_of_the_test"), 20);
}

static void assert_one_fails_alone(struct fixture *f, enum err_code code) {
    world.wrong_code = code;
    add_while_the_database_is_busy(20);
    assert_int_equal(world.failed_count, 1);
    assert_int_equal(api_count(f, "select count(*) from uploads_of_the_test"), 19);
    assert_int_equal(api_count(f, "select count(*) from uploads_of_the_test where number = 7"), 0);
}

static void upload_queue__lets_one_that_fails_fail_alone(void **state) {
    assert_one_fails_alone(*state, ERR_CONFLICT);
}

/* Its blob is just being collected: others need not come again for that. */
static void upload_queue__lets_one_that_has_to_come_again_come_alone(void **state) {
    assert_one_fails_alone(*state, ERR_BUSY);
}

static void upload_queue__stores_each_of_more_than_a_group(void **state) {
    struct fixture *f = *state;
    add_while_the_database_is_busy(UPLOADS_MAX);
    assert_int_equal(world.failed_count, 0);
    assert_int_equal(api_count(f, "select count(distinct number) from uploads_of_the_test"), UPLOADS_MAX);
    assert_int_equal(api_count(f, "select count(*) from uploads_of_the_test"), UPLOADS_MAX);
}

static struct upload one_like(struct http_call *call, struct identity *identity, const char *param, int64_t user_id) {
    *identity = (struct identity){ .user_id = user_id };
    *call = (struct http_call){ .params = { str_from_c(param) }, .identity = identity };
    return (struct upload){ .call = call, .is_alike = true };
}

static void upload_queue__knows_for_a_moment_who_was_checked(void **state) {
    struct identity identities[3];
    struct http_call calls[3];
    struct upload first = one_like(&calls[0], &identities[0], "12", 1);
    struct upload of_another = one_like(&calls[1], &identities[1], "12", 2), to_another = one_like(&calls[2], &identities[2], "13", 1);
    (void)state;
    assert_false(upload_queue_knows(world.queue, &first));
    upload_queue_learn(world.queue, &first);
    assert_true(upload_queue_knows(world.queue, &first));
    assert_false(upload_queue_knows(world.queue, &of_another));
    assert_false(upload_queue_knows(world.queue, &to_another));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(upload_queue__knows_for_a_moment_who_was_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(upload_queue__lets_one_that_fails_fail_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(upload_queue__lets_one_that_has_to_come_again_come_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(upload_queue__stores_each_of_more_than_a_group, set_up, tear_down),
        cmocka_unit_test_setup_teardown(upload_queue__stores_together_what_waits, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
