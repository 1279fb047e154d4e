/* test_console.c */
#include "server/store/runs/console.h"
#include "tests/unit/server/store/run_fixture.h"

struct call {
    struct str stream;
    int64_t number;
    struct str text;
    int64_t after;
    size_t limit;
    struct console_line *list;
    size_t count;
    struct list streams;
    int64_t change, line_count;
};

static enum err_code do_write(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    const struct console_line line = { .number = c->number, .line = c->text };
    int64_t rewritten;
    (void)f;
    return console_write(tx, 1, c->stream, &line, 1, &rewritten, err);
}

static enum err_code do_read(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct call *c = context;
    TRY(console_last_change(tx, 1, &c->change, err));
    TRY(console_line_count(tx, 1, &c->line_count, err));
    TRY(console_list_streams(tx, 1, 10, f->arena, &c->streams, err));
    return console_read_changed(tx, 1, c->after, c->limit, 10, f->arena, &c->list, &c->count, err);
}

static void write_line(struct fixture *f, struct str stream, int64_t number, struct str text) {
    struct call c = { .stream = stream, .number = number, .text = text };
    assert_ok(f, in_tx(f, do_write, &c));
}

static struct call read_changed(struct fixture *f, int64_t after, size_t limit) {
    struct call c = { .after = after, .limit = limit };
    assert_ok(f, in_tx(f, do_read, &c));
    return c;
}

static void console__tells_what_changed_with_the_newest_first(void **state) {
    struct fixture *f = *state;
    assert_int_equal(read_changed(f, 0, 10).change, 0);
    for (int64_t i = 0; i < 3; i++)
        write_line(f, STR_EMPTY, i, STR("text"));
    struct call all = read_changed(f, 0, 10);
    assert_int_equal(all.count, 3);
    assert_int_equal(all.list[0].number, 2);
    assert_int_equal(all.list[0].change, all.change);
    write_line(f, STR_EMPTY, 1, STR("again"));
    struct call fresh = read_changed(f, all.change, 10);
    assert_int_equal(fresh.count, 1);
    assert_true(fresh.list[0].number == 1 && str_eq_c(fresh.list[0].line, "again"));
    assert_int_equal(read_changed(f, 0, 2).count, 2);
}

static void console__leaves_out_the_text_of_long_lines(void **state) {
    struct fixture *f = *state;
    write_line(f, STR_EMPTY, 0, STR("0123456789"));
    write_line(f, STR_EMPTY, 1, STR("0123456789a"));
    struct call all = read_changed(f, 0, 10);
    assert_null(all.list[0].line.ptr);
    assert_true(str_eq_c(all.list[1].line, "0123456789"));
}

static void console__knows_each_writers_lines(void **state) {
    struct fixture *f = *state;
    write_line(f, STR("b"), 4, STR("of b"));
    write_line(f, STR_EMPTY, 0, STR("first"));
    write_line(f, STR_EMPTY, 1, STR("last"));
    write_line(f, STR("a"), 0, STR("of a"));
    struct call all = read_changed(f, 0, 10);
    assert_int_equal(all.line_count, 2 + 1 + 5);
    assert_int_equal(all.streams.count, 3);
    const struct console_stream *first = all.streams.items[0], *third = all.streams.items[2];
    assert_true(first->name.len == 0 && first->line_count == 2 && str_eq_c(first->last_line, "last"));
    assert_true(str_eq_c(third->name, "b") && third->line_count == 5 && str_eq_c(third->last_line, "of b"));
}

static int set_up(void **state) {
    return fixture_set_up(state) == 0 && in_tx(*state, add_people, NULL) == OK ? 0 : -1;
}

#define CONSOLE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, fixture_tear_down)

static void console__tells_no_long_line_of_a_stream(void **state) {
    enum { LONG = 16385 };
    struct fixture *f = *state;
    char *text = arena_alloc(f->arena, LONG);
    memset(text, 'x', LONG);
    write_line(f, STR("long"), 6, (struct str){ text, LONG });
    write_line(f, STR("short"), 0, (struct str){ text, LONG - 1 });
    struct call all = read_changed(f, 0, 10);
    const struct console_stream *first = all.streams.items[0], *second = all.streams.items[1];
    assert_int_equal(first->line_count, 7);
    assert_int_equal(first->last_line.len, 0);
    assert_int_equal(second->last_line.len, LONG - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CONSOLE_TEST(console__tells_no_long_line_of_a_stream),
        CONSOLE_TEST(console__tells_what_changed_with_the_newest_first),
        CONSOLE_TEST(console__leaves_out_the_text_of_long_lines),
        CONSOLE_TEST(console__knows_each_writers_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
