/* test_segment.c - columns of a segment by range and by row, and the cache of open ones. */
#include "server/history/segment.h"
#include "tests/unit/server/history/segment_fixture.h"

enum { ROWS = 2 * SEGMENT_PAGE_ROWS + 500, COLUMNS = 4, CACHE = 32 << 20 };

struct made {
    struct column columns[COLUMNS]; /* _step, then a double, a text and a sparse integer */
    struct segment_directory directory;
    struct str encoded;
};

/* Steps are 10, 10, 13, 13, 16, 16, ... */
static struct made make(struct segment_fixture *f) {
    struct made made = { .columns = { make_column("_step", HISTORY_INT, ROWS, 1, f->arena), make_column("a", HISTORY_DOUBLE, ROWS, 1, f->arena),
                                      make_column("b", HISTORY_STRING, ROWS, 2, f->arena), make_column("c", HISTORY_INT, ROWS, 1000, f->arena) } };
    struct segment_column written[COLUMNS];
    struct buf encoded = BUF_INIT(1 << 20);

    for (uint32_t i = 0; i < ROWS; i++)
        made.columns[0].values[i].integer = 10 + 3 * (int64_t)(i / 2);
    write_columns(f, made.columns, COLUMNS, ROWS, written);
    made.directory = (struct segment_directory){ .row_count = ROWS, .page_count = directory_page_count(ROWS), .column_count = COLUMNS - 1,
                                                 .first_line = 11, .steps = written[0], .columns = ARENA_ARRAY(f->arena, struct segment_column, COLUMNS) };
    for (uint32_t i = 1; i < COLUMNS; i++)
        made.directory.columns[i - 1] = written[i];
    made.directory.last_step = made.columns[0].values[ROWS - 1].integer;
    made.directory.page_steps = ARENA_ARRAY(f->arena, int64_t, made.directory.page_count);
    for (uint32_t i = 0; i < made.directory.page_count; i++)
        made.directory.page_steps[i] = made.columns[0].values[directory_page_first(i)].integer;
    directory_encode(&encoded, &made.directory);
    made.encoded = arena_copy(f->arena, buf_str(&encoded));
    buf_finish(&encoded);
    return made;
}

static struct segment *open_made(struct segment_fixture *f, struct segment_cache *cache, const struct made *made) {
    struct segment *segment = NULL;
    must(f, segment_cache_add(cache, f->files, f->name, made->encoded, &segment, &f->err));
    return segment;
}

/* What a column has of rows [first, end). */
static struct column cut(const struct column *column, uint32_t first, uint32_t end) {
    struct column part = *column;
    uint32_t from = column_lower_bound(column->rows, column->count, first), to = column_lower_bound(column->rows, column->count, end);
    part.rows += from;
    part.values += from;
    part.count = to - from;
    return part;
}

static const uint32_t ranges[][2] = { { 0, ROWS }, { 0, 1 }, { ROWS - 1, ROWS }, { 5, 5 }, { 16383, 16385 }, { 16384, 32768 }, { 100, 32900 } };

static void segment__reads_any_range_of_rows(void **state) {
    struct segment_fixture *f = *state;
    struct segment_cache *cache = segment_cache_create(CACHE);
    struct made made = make(f);
    struct segment *segment = open_made(f, cache, &made);

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        for (uint32_t k = 0; k + 1 < COLUMNS; k++) {
            struct column read, expected = cut(&made.columns[k + 1], ranges[i][0], ranges[i][1]);
            must(f, segment_read(segment, &segment->directory.columns[k], ranges[i][0], ranges[i][1], &read, f->arena, &f->err));
            assert_same_values(&read, &expected);
        }
    segment_release(cache, segment);
    segment_cache_destroy(cache);
}

static void segment__picks_single_rows(void **state) {
    struct segment_fixture *f = *state;
    struct segment_cache *cache = segment_cache_create(CACHE);
    struct made made = make(f);
    struct segment *segment = open_made(f, cache, &made);
    const uint32_t rows[] = { 0, 1, 2, 1000, 16383, 16384, 20000, ROWS - 1 };
    struct column read;

    must(f, segment_pick(segment, &segment->directory.columns[1], rows, 8, &read, f->arena, &f->err));
    const uint32_t expected[] = { 0, 2, 1000, 16384, 20000 }; /* every other row has a text */
    assert_int_equal(read.count, 5);
    for (uint32_t i = 0; i < read.count; i++) {
        assert_int_equal(read.rows[i], expected[i]);
        assert_true(str_eq(column_text(&read, i), column_text(&made.columns[2], expected[i] / 2)));
    }
    segment_release(cache, segment);
    segment_cache_destroy(cache);
}

static void segment__finds_the_first_row_from_a_step_on(void **state) {
    struct segment_fixture *f = *state;
    struct segment_cache *cache = segment_cache_create(CACHE);
    struct made made = make(f);
    struct segment *segment = open_made(f, cache, &made);
    uint32_t row;

    for (int64_t step = 0; step < made.directory.last_step + 10; step += 97) {
        uint32_t expected = 0;
        while (expected < ROWS && made.columns[0].values[expected].integer < step)
            expected++;
        must(f, segment_find_step(segment, step, &row, f->arena, &f->err));
        assert_int_equal(row, expected);
    }
    for (uint32_t page = 1; page < made.directory.page_count; page++) {
        must(f, segment_find_step(segment, made.directory.page_steps[page], &row, f->arena, &f->err));
        assert_int_equal(row, directory_page_first(page));
    }
    must(f, segment_find_step(segment, INT64_MIN, &row, f->arena, &f->err));
    assert_int_equal(row, 0);
    must(f, segment_find_step(segment, INT64_MAX, &row, f->arena, &f->err));
    assert_int_equal(row, ROWS);
    segment_release(cache, segment);
    segment_cache_destroy(cache);
}

static void segment__counts_lines_that_are_not_stored(void **state) {
    struct segment_fixture *f = *state;
    struct segment_cache *cache = segment_cache_create(CACHE);
    struct made made = make(f);
    struct segment *segment = open_made(f, cache, &made);
    int64_t *lines;

    must(f, segment_read_lines(segment, 100, 102, &lines, f->arena, &f->err));
    assert_int_equal(lines[0], 111);
    assert_int_equal(lines[1], 112);
    segment_release(cache, segment);
    segment_cache_destroy(cache);
}

static void segment__says_corrupt_when_its_file_is_not_what_the_directory_says(void **state) {
    struct segment_fixture *f = *state;
    struct segment_cache *cache = segment_cache_create(CACHE);
    struct made made = make(f);
    struct column read;

    made.directory.columns[1].pages[0].count--;
    made.directory.columns[1].pages[1].count++;
    struct buf encoded = BUF_INIT(1 << 20);
    directory_encode(&encoded, &made.directory);
    made.encoded = buf_str(&encoded);
    struct segment *segment = open_made(f, cache, &made);
    assert_int_equal(segment_read(segment, &segment->directory.columns[1], 0, 10, &read, f->arena, &f->err), ERR_CORRUPT);
    assert_non_null(strstr(f->err.message, "its directory says"));
    must(f, segment_files_remove(f->files, f->name, &f->err));
    assert_int_equal(segment_read(segment, &segment->directory.columns[0], 0, 10, &read, f->arena, &f->err), ERR_NOT_FOUND);
    segment_release(cache, segment);
    segment_cache_destroy(cache);
    buf_finish(&encoded);
}

/* ---- the cache ---- */

static struct segment *add_as(struct segment_fixture *f, struct segment_cache *cache, const struct made *made, const char *name) {
    struct segment *segment = NULL;
    must(f, segment_cache_add(cache, f->files, str_from_c(name), made->encoded, &segment, &f->err));
    return segment;
}

static bool is_cached(struct segment_cache *cache, const char *name) {
    struct segment *segment = segment_cache_hold(cache, str_from_c(name));
    if (segment != NULL)
        segment_release(cache, segment);
    return segment != NULL;
}

static void segment__is_opened_once_and_shared(void **state) {
    struct segment_fixture *f = *state;
    struct segment_cache *cache = segment_cache_create(CACHE);
    struct made made = make(f);

    assert_null(segment_cache_hold(cache, f->name));
    struct segment *first = open_made(f, cache, &made), *again = open_made(f, cache, &made);
    assert_ptr_equal(first, again);
    assert_ptr_equal(segment_cache_hold(cache, f->name), first);
    for (int i = 0; i < 3; i++)
        segment_release(cache, first);
    segment_cache_destroy(cache);
}

static void segment__leaves_the_cache_when_it_was_unused_longest(void **state) {
    struct segment_fixture *f = *state;
    struct made made = make(f);
    struct segment_cache *cache = segment_cache_create(CACHE);
    struct segment *segment = add_as(f, cache, &made, "size");
    size_t size = segment->size_bytes;

    segment_release(cache, segment);
    segment_cache_destroy(cache);
    cache = segment_cache_create(2 * size);
    segment_release(cache, add_as(f, cache, &made, "size"));
    segment_release(cache, add_as(f, cache, &made, "two!"));
    assert_true(is_cached(cache, "size")); /* used later than two! */
    segment_release(cache, add_as(f, cache, &made, "new!"));
    assert_true(is_cached(cache, "size") && is_cached(cache, "new!"));
    assert_false(is_cached(cache, "two!"));
    segment_cache_destroy(cache);
}

static void segment__stays_while_somebody_holds_it(void **state) {
    struct segment_fixture *f = *state;
    struct made made = make(f);
    struct segment_cache *cache = segment_cache_create(1);
    struct segment *held = add_as(f, cache, &made, "held");

    segment_release(cache, add_as(f, cache, &made, "let go"));
    assert_false(is_cached(cache, "let go"));
    assert_true(is_cached(cache, "held"));
    assert_int_equal(held->directory.row_count, ROWS);
    segment_release(cache, held);
    assert_false(is_cached(cache, "held"));
    segment_cache_destroy(cache);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SEGMENT_TEST(segment__reads_any_range_of_rows),
        SEGMENT_TEST(segment__picks_single_rows),
        SEGMENT_TEST(segment__finds_the_first_row_from_a_step_on),
        SEGMENT_TEST(segment__counts_lines_that_are_not_stored),
        SEGMENT_TEST(segment__says_corrupt_when_its_file_is_not_what_the_directory_says),
        SEGMENT_TEST(segment__is_opened_once_and_shared),
        SEGMENT_TEST(segment__leaves_the_cache_when_it_was_unused_longest),
        SEGMENT_TEST(segment__stays_while_somebody_holds_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
