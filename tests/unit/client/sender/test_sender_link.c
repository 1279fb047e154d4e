/* test_sender_link.c - the library's end of the talk with its sender: how it is started, what is heard, what is asked. The
 * sender is the real one, or a socket at which a test says what it wants. */
#include "client/os.h"
#include "client/sender/sender_link.h"

#include "client/uplink/answer.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LONG_MS = 60000, ASKER_COUNT = SENDER_LINK_ASKS_MAX };

struct scene {
    struct sender_link link;
    int peer; /* the sender's end */
    struct err err;
};

static int begin(void **state) {
    struct scene *scene = calloc(1, sizeof *scene);
    int fds[2];
    sender_link_init(&scene->link);
    if (os_message_pair(fds) != 0)
        return -1;
    scene->link.fd = fds[0];
    scene->peer = fds[1];
    *state = scene;
    return 0;
}

static int end(void **state) {
    struct scene *scene = *state;
    sender_link_finish(&scene->link);
    if (scene->peer >= 0)
        close(scene->peer);
    free(scene);
    return 0;
}

static void say(struct scene *scene, const char *message) {
    assert_int_equal(send(scene->peer, message, strlen(message), MSG_NOSIGNAL), (ssize_t)strlen(message));
}

static void hang_up(struct scene *scene) {
    close(scene->peer);
    scene->peer = -1;
}

/* ---- hearing ---- */

static void sender_link__learns_what_the_run_is_called(void **state) {
    struct scene *scene = *state;
    say(scene, "{\"type\":\"run\",\"entity\":\"e\",\"project\":\"p\\u00e9\",\"name\":\"brisk \\\"owl\\\"\",\"is_resumed\":true}");
    sender_link_wait_for_run(&scene->link, LONG_MS);
    assert_true(scene->link.knows_run);
    assert_true(scene->link.is_resumed);
    assert_string_equal(scene->link.entity, "e");
    assert_string_equal(scene->link.project, "p\xc3\xa9");
    assert_string_equal(scene->link.name, "brisk \"owl\"");
}

static void sender_link__stops_waiting_at_a_problem_unless_it_insists(void **state) {
    struct scene *scene = *state;
    say(scene, "{\"type\":\"problem\",\"message\":\"nobody listens\",\"is_refused\":false}");
    sender_link_wait_for_run(&scene->link, LONG_MS);
    assert_false(scene->link.knows_run);
    assert_string_equal(scene->link.problem, "nobody listens");
    scene->link.insists = true;
    sender_link_wait_for_run(&scene->link, 1);
    assert_false(scene->link.knows_run);
    say(scene, "{\"type\":\"run\",\"entity\":\"e\",\"project\":\"p\",\"name\":\"n\",\"is_resumed\":false}");
    sender_link_wait_for_run(&scene->link, LONG_MS);
    assert_true(scene->link.knows_run);
    assert_null(scene->link.problem);
}

static void sender_link__keeps_why_a_run_was_refused(void **state) {
    struct scene *scene = *state;
    scene->link.insists = true;
    say(scene, "{\"type\":\"problem\",\"message\":\"not yours\",\"is_refused\":true}");
    sender_link_wait_for_run(&scene->link, LONG_MS);
    assert_true(scene->link.is_refused);
    assert_string_equal(scene->link.problem, "not yours");
}

static void sender_link__counts_what_is_left_until_the_end(void **state) {
    struct scene *scene = *state;
    say(scene, "{\"type\":\"progress\",\"sent_bytes\":5,\"total_bytes\":12,\"unsent_bytes\":18446744073709551615}");
    sender_link_wait_for_end(&scene->link, 0);
    assert_false(scene->link.is_done);
    assert_true(scene->link.sent_bytes == 5 && scene->link.total_bytes == 12 && scene->link.unsent_bytes == UINT64_MAX);
    say(scene, "{\"type\":\"history\",\"history\":\"{\\\"loss\\\":[1,2]}\"}");
    say(scene, "{\"type\":\"done\"}");
    sender_link_wait_for_end(&scene->link, -1);
    assert_true(scene->link.is_done);
    assert_string_equal(scene->link.history, "{\"loss\":[1,2]}");
}

static void *say_done_later(void *context) {
    usleep(200000); /* many times longer than it looks up for others */
    say(context, "{\"type\":\"done\"}");
    return NULL;
}

static void sender_link__waits_for_a_sender_that_is_silent_for_long(void **state) {
    struct scene *scene = *state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, say_done_later, scene), 0);
    sender_link_wait_for_end(&scene->link, -1);
    assert_true(scene->link.is_done);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void sender_link__sees_that_its_sender_is_gone(void **state) {
    struct scene *scene = *state;
    say(scene, "{\"type\":\"done\"}");
    hang_up(scene);
    sender_link_wait_for_end(&scene->link, -1);
    assert_true(scene->link.is_done);
    sender_link_wait_for_end(&scene->link, 0);
    assert_int_equal(scene->link.fd, -1);
    sender_link_say(&scene->link, STR("{\"type\":\"finish\"}")); /* harmless */
}

/* What comes from another process is not trusted to be what it should be. */
static void sender_link__passes_over_what_makes_no_sense(void **state) {
    static const char *const messages[] = { "x", "[]", "{\"type\":7}", "{\"type\":\"run\"", "{\"sent_bytes\":-1}",
                                            "{\"total_bytes\":1e3}", "{\"type\":\"answer\",\"id\":\"a\"}",
                                            "{\"type\":\"answer\",\"id\":-1}", "{\"entity\":null}", "{\"name\":[\"n\"]}" };
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        say(scene, messages[i]);
    say(scene, "{\"type\":\"done\"}");
    sender_link_wait_for_end(&scene->link, LONG_MS);
    assert_true(scene->link.is_done);
    assert_null(scene->link.entity);
    assert_int_equal(scene->link.sent_bytes, 0);
    assert_int_equal(scene->link.total_bytes, 0);
}

/* ---- asking ---- */

static void sender_link__gives_the_answer_or_the_reason_against_it(void **state) {
    struct scene *scene = *state;
    char *answer = NULL;
    say(scene, "{\"type\":\"answer\",\"id\":1,\"value\":{\"a\":[1]}}");
    assert_int_equal(sender_link_ask(&scene->link, "status", "{}", LONG_MS, &answer, &scene->err), OK);
    assert_string_equal(answer, "{\"a\":[1]}");
    free(answer);
    say(scene, "{\"type\":\"answer\",\"id\":2,\"error\":\"no \\\"such\\\" artifact\"}");
    assert_int_equal(sender_link_ask(&scene->link, "artifact", "{}", LONG_MS, &answer, &scene->err), ERR_BAD_INPUT);
    assert_string_equal(scene->err.message, "no \"such\" artifact");
    say(scene, "{\"type\":\"answer\",\"id\":3}");
    assert_int_equal(sender_link_ask(&scene->link, "status", "{}", LONG_MS, &answer, &scene->err), ERR_CORRUPT);
    char room[4096];
    ssize_t len = recv(scene->peer, room, sizeof room, 0);
    assert_true(str_eq_c((struct str){ room, (size_t)len }, "{\"type\":\"ask\",\"id\":1,\"kind\":\"status\",\"payload\":{}}"));
}

static void sender_link__asks_no_longer_than_it_may(void **state) {
    struct scene *scene = *state;
    char *answer = NULL;
    assert_int_equal(sender_link_ask(&scene->link, "status", "{}", 1, &answer, &scene->err), ERR_TIMEOUT);
    say(scene, "{\"type\":\"answer\",\"id\":1,\"value\":1}"); /* too late: nobody takes it for the next */
    say(scene, "{\"type\":\"answer\",\"id\":2,\"value\":2}");
    assert_int_equal(sender_link_ask(&scene->link, "status", "{}", LONG_MS, &answer, &scene->err), OK);
    assert_string_equal(answer, "2");
    free(answer);
    hang_up(scene);
    assert_int_equal(sender_link_ask(&scene->link, "status", "{}", 0, &answer, &scene->err), ERR_IO);
}

struct asker {
    struct scene *scene;
    pthread_t thread;
    int wanted;
    bool is_right;
};

/* The payload is what shall be answered. */
static void *ask(void *context) {
    struct asker *asker = context;
    struct err err;
    char payload[32], *answer = NULL;
    (void)snprintf(payload, sizeof payload, "{\"n\":%d}", asker->wanted);
    asker->is_right = sender_link_ask(&asker->scene->link, "echo", payload, LONG_MS, &answer, &err) == OK &&
                      strcmp(answer, payload) == 0;
    free(answer);
    return NULL;
}

/* The other way round, so that a thread reads what is for another. */
static void answer_backwards(struct scene *scene, int count) {
    char questions[ASKER_COUNT][256], message[512];
    struct str id, payload;
    for (int i = 0; i < count; i++) {
        ssize_t len = recv(scene->peer, questions[i], sizeof questions[i] - 1, 0);
        assert_true(len > 0);
        questions[i][len] = '\0';
    }
    for (int i = count - 1; i >= 0; i--) {
        assert_true(answer_find(str_from_c(questions[i]), &id, "id", NULL));
        assert_true(answer_find(str_from_c(questions[i]), &payload, "payload", NULL));
        (void)snprintf(message, sizeof message, "{\"type\":\"answer\",\"id\":%.*s,\"value\":%.*s}", STR_ARG(id), STR_ARG(payload));
        say(scene, message);
    }
}

static void sender_link__keeps_the_answers_of_threads_apart(void **state) {
    struct scene *scene = *state;
    struct asker askers[ASKER_COUNT];
    for (int i = 0; i < ASKER_COUNT; i++) {
        askers[i] = (struct asker){ .scene = scene, .wanted = i };
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
    }
    answer_backwards(scene, ASKER_COUNT);
    for (int i = 0; i < ASKER_COUNT; i++) {
        assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
        assert_true(askers[i].is_right);
    }
}

/* ---- starting ---- */

static void sender_link__says_which_program_cannot_be_started(void **state) {
    struct scene *scene = *state;
    struct sender_link link;
    sender_link_init(&link);
    assert_int_not_equal(sender_link_start(&link, "/nowhere/barograph-sender", "run.wandb", STR("{}"), &scene->err), OK);
    assert_true(str_contains(str_from_c(scene->err.message), STR("cannot start the sender '/nowhere/barograph-sender'")));
    assert_int_equal(link.fd, -1);
    sender_link_finish(&link);
}

/* It is nobody's child, and leaves when it finds no log. */
static void sender_link__starts_a_sender_that_nobody_has_to_wait_for(void **state) {
    struct scene *scene = *state;
    struct sender_link link;
    sender_link_init(&link);
    assert_int_equal(sender_link_start(&link, SENDER, "/nowhere/run-x.wandb", STR("{\"base_url\":\"http://127.0.0.1:1\"}"), &scene->err), OK);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    sender_link_wait_for_end(&link, -1);
    assert_false(link.is_done);
    assert_int_equal(link.fd, -1);
    sender_link_finish(&link);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE(sender_link__learns_what_the_run_is_called),
        SCENE(sender_link__stops_waiting_at_a_problem_unless_it_insists),
        SCENE(sender_link__keeps_why_a_run_was_refused),
        SCENE(sender_link__counts_what_is_left_until_the_end),
        SCENE(sender_link__waits_for_a_sender_that_is_silent_for_long),
        SCENE(sender_link__sees_that_its_sender_is_gone),
        SCENE(sender_link__passes_over_what_makes_no_sense),
        SCENE(sender_link__gives_the_answer_or_the_reason_against_it),
        SCENE(sender_link__asks_no_longer_than_it_may),
        SCENE(sender_link__keeps_the_answers_of_threads_apart),
        SCENE(sender_link__says_which_program_cannot_be_started),
        SCENE(sender_link__starts_a_sender_that_nobody_has_to_wait_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
