/* test_log.c - what comes out of standard error. */
#include "base/clock.h"
#include "base/log.h"
#include "tests/unit/base/fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Standard error goes into a file between the two. */
struct capture {
    int saved;
    FILE *file;
};

static void begin_capture(struct capture *capture) {
    capture->file = tmpfile();
    assert_non_null(capture->file);
    capture->saved = dup(STDERR_FILENO);
    assert_true(dup2(fileno(capture->file), STDERR_FILENO) >= 0);
}

static struct str end_capture(struct capture *capture, struct arena *arena) {
    char *text = arena_alloc(arena, 1 << 20);
    assert_true(dup2(capture->saved, STDERR_FILENO) >= 0);
    (void)close(capture->saved);
    rewind(capture->file);
    size_t len = fread(text, 1, 1 << 20, capture->file);
    (void)fclose(capture->file);
    return (struct str){ text, len };
}

static struct str logged(struct arena *arena, const char *message) {
    struct capture capture;
    begin_capture(&capture);
    log_info("%s", message);
    struct str line = end_capture(&capture, arena);
    assert_true(line.len > CLOCK_ISO_MAX);
    return line;
}

/* What stands behind time and level, without the line's end. */
static struct str logged_message(struct arena *arena, const char *message) {
    struct str line = logged(arena, message);
    assert_true(str_ends_with(line, STR("\n")));
    line.len--;
    return str_from(line, CLOCK_ISO_MAX - 1 + strlen(" info "));
}

static void log__writes_time_level_and_message(void **state) {
    struct str line = logged(*state, "ready");
    int64_t wall_ms;
    assert_true(clock_parse_iso(str_slice(line, 0, CLOCK_ISO_MAX - 1), &wall_ms));
    assert_str(str_from(line, CLOCK_ISO_MAX - 1), " info ready\n");
}

static void log__lets_nobody_forge_a_line_or_drive_a_terminal(void **state) {
    assert_str(logged_message(*state, "a\nb\r\tc\x1b[31m\x7f"), "a\\x0ab\\x0d\\x09c\\x1b[31m\\x7f");
    assert_str(logged_message(*state, "\xC3\xA4\xE2\x82\xAC"), "\xC3\xA4\xE2\x82\xAC");
    assert_str(logged_message(*state, "\xC3\xA4\xFF"), "\\xc3\\xa4\\xff");
    assert_str(logged_message(*state, "\xC2\x9B" "31m\xC2\xA0"), "\\xc2\\x9b31m\xC2\xA0");
}

static void log__cuts_long_messages(void **state) {
    static const char fillings[] = { 'x', '\n' };
    for (size_t i = 0; i < sizeof fillings; i++) {
        char text[10000];
        memset(text, fillings[i], sizeof text - 1);
        text[sizeof text - 1] = '\0';
        struct str line = logged(*state, text);
        assert_true(line.len > 2000 && line.len <= 4096);
        assert_int_equal(line.ptr[line.len - 1], '\n');
    }
}

static void log__drops_what_is_below_the_level(void **state) {
    struct capture capture;
    begin_capture(&capture);
    log_debug("one");
    log_set_level(LOG_ERROR);
    log_warn("two");
    log_error("three");
    log_set_level(LOG_DEBUG);
    log_debug("four");
    log_set_level(LOG_INFO);
    struct str text = end_capture(&capture, *state);
    assert_false(str_contains(text, STR("one")));
    assert_false(str_contains(text, STR("two")));
    assert_true(str_contains(text, STR(" error three\n")));
    assert_true(str_contains(text, STR(" debug four\n")));
}

static void *log_many(void *arg) {
    for (int i = 0; i < 200; i++)
        log_warn("%s", (const char *)arg);
    return NULL;
}

static void log__keeps_lines_whole_between_threads(void **state) {
    static char texts[4][101];
    pthread_t threads[4];
    struct capture capture;
    struct str line;
    size_t count = 0;

    begin_capture(&capture);
    for (size_t i = 0; i < 4; i++) {
        memset(texts[i], (int)('a' + i), 100);
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, texts[i]), 0);
    }
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (struct str rest = end_capture(&capture, *state); str_cut(rest, '\n', &line, &rest); count++) {
        struct str message = str_from(line, CLOCK_ISO_MAX - 1 + strlen(" warn "));
        assert_int_equal(message.len, 100);
        assert_memory_equal(message.ptr, texts[message.ptr[0] - 'a'], 100);
    }
    assert_int_equal(count, 800);
}

static void log__ends_the_process_when_fatal(void **state) {
    struct capture capture;
    int status;
    begin_capture(&capture);
    pid_t child = fork();
    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        log_set_level(LOG_ERROR);
        log_fatal("no way on");
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(str_ends_with(end_capture(&capture, *state), STR(" fatal no way on\n")));
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(log__writes_time_level_and_message),
        TEST(log__lets_nobody_forge_a_line_or_drive_a_terminal),
        TEST(log__cuts_long_messages),
        TEST(log__drops_what_is_below_the_level),
        TEST(log__keeps_lines_whole_between_threads),
        TEST(log__ends_the_process_when_fatal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
