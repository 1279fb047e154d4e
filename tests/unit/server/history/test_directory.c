/* test_directory.c - a directory comes back as it was, and a damaged one is refused before it is believed. */
#include "server/history/directory.h"
#include "tests/unit/server/history/column_fixture.h"

enum { ROWS = 40000, PAGES = 3 };

static struct segment_column describe(const char *path, enum history_type type, uint32_t count, struct arena *arena) {
    struct segment_column column = { .path = str_from_c(path), .type = type, .count = count, .null_count = 3, .last_step = -5 };

    column.pages = ARENA_ARRAY(arena, struct segment_page, PAGES);
    for (uint32_t i = 0; i < PAGES; i++) {
        uint32_t left = count > i * SEGMENT_PAGE_ROWS ? count - i * SEGMENT_PAGE_ROWS : 0;
        column.pages[i] = (struct segment_page){ 1000 + 777 * i, 777, left < SEGMENT_PAGE_ROWS ? left : SEGMENT_PAGE_ROWS };
    }
    column.overview_offset = 1ULL << 40;
    column.overview_size = 12345;
    if (column_is_numeric(type)) {
        column.min.integer = -1;
        column.max.integer = INT64_MAX;
        column.first.number = 1e-300;
        column.last.number = NAN;
        column.nonfinite_count = 2;
        column.is_monotonic = true;
    } else {
        column.text_bytes = 1ULL << 33;
        column.last_text = type == HISTORY_STRING ? STR("the last") : (struct str){ NULL, 0 };
    }
    return column;
}

static struct segment_directory make_directory(struct arena *arena) {
    struct segment_directory directory = { .row_count = ROWS, .page_count = PAGES, .column_count = 3, .last_step = 1LL << 50, .first_line = 17 };

    directory.page_steps = ARENA_ARRAY(arena, int64_t, PAGES);
    directory.page_steps[0] = INT64_MIN;
    directory.page_steps[2] = 99;
    directory.steps = describe("_step", HISTORY_INT, ROWS, arena);
    directory.lines = describe("_line", HISTORY_INT, ROWS, arena);
    directory.columns = ARENA_ARRAY(arena, struct segment_column, 3);
    directory.columns[0] = describe("a", HISTORY_DOUBLE, 20000, arena);
    directory.columns[1] = describe("b\xff" "c", HISTORY_STRING, ROWS, arena);
    directory.columns[2] = describe("d", HISTORY_JSON, 0, arena);
    return directory;
}

static struct str encode(const struct segment_directory *directory, struct arena *arena) {
    struct buf out = BUF_INIT(1 << 20);
    directory_encode(&out, directory);
    struct str encoded = arena_copy(arena, buf_str(&out));
    buf_finish(&out);
    return encoded;
}

static void assert_same_column(const struct segment_column *a, const struct segment_column *b) {
    assert_true(str_eq(a->path, b->path));
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->null_count, b->null_count);
    assert_int_equal(a->nonfinite_count, b->nonfinite_count);
    assert_int_equal(a->last_step, b->last_step);
    assert_int_equal(a->is_monotonic, b->is_monotonic);
    assert_int_equal(a->text_bytes, b->text_bytes);
    assert_int_equal(a->overview_offset, b->overview_offset);
    assert_int_equal(a->overview_size, b->overview_size);
    assert_memory_equal(&a->min, &b->min, 8);
    assert_memory_equal(&a->max, &b->max, 8);
    assert_memory_equal(&a->first, &b->first, 8);
    assert_memory_equal(&a->last, &b->last, 8);
    assert_int_equal(a->last_text.ptr == NULL, b->last_text.ptr == NULL);
    assert_true(a->last_text.ptr == NULL || str_eq(a->last_text, b->last_text));
    for (uint32_t i = 0; i < PAGES; i++) {
        assert_int_equal(a->pages[i].offset, b->pages[i].offset);
        assert_int_equal(a->pages[i].size_bytes, b->pages[i].size_bytes);
        assert_int_equal(a->pages[i].count, b->pages[i].count);
    }
}

static void directory__comes_back_as_it_was(void **state) {
    struct segment_directory made = make_directory(*state), read;
    struct err err = { 0 };

    assert_int_equal(directory_decode(&read, encode(&made, *state), *state, &err), OK);
    assert_int_equal(read.row_count, ROWS);
    assert_int_equal(read.page_count, PAGES);
    assert_int_equal(read.first_line, 17);
    assert_int_equal(read.last_step, 1LL << 50);
    assert_memory_equal(read.page_steps, made.page_steps, PAGES * sizeof(int64_t));
    assert_same_column(&read.steps, &made.steps);
    assert_same_column(&read.lines, &made.lines);
    assert_int_equal(read.streams.count, 0);
    assert_int_equal(read.column_count, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_same_column(&read.columns[i], &made.columns[i]);
}

static void directory__is_refused_when_it_is_cut(void **state) {
    struct segment_directory made = make_directory(*state), read;
    struct str encoded = encode(&made, *state);

    for (size_t len = 0; len < encoded.len; len++) {
        struct err err = { 0 };
        assert_int_equal(directory_decode(&read, str_slice(encoded, 0, len), *state, &err), ERR_CORRUPT);
        assert_string_equal(err.message, "a segment's directory is damaged");
    }
}

static void directory__is_refused_with_something_behind_it(void **state) {
    struct segment_directory made = make_directory(*state), read;
    struct str encoded = encode(&made, *state);
    struct err err = { 0 };
    char *longer = arena_alloc(*state, encoded.len + 1);

    memcpy(longer, encoded.ptr, encoded.len);
    longer[encoded.len] = 0;
    assert_int_equal(directory_decode(&read, (struct str){ longer, encoded.len + 1 }, *state, &err), ERR_CORRUPT);
}

static void directory__is_refused_of_another_version_or_with_more_pages_than_bytes(void **state) {
    struct segment_directory read;
    struct err err = { 0 };
    struct arena *arena = arena_create();
    (void)state;

    assert_int_equal(directory_decode(&read, STR("\x02"), arena, &err), ERR_CORRUPT);
    /* 2^23 rows and 2^20 columns, and nothing more */
    assert_int_equal(directory_decode(&read, STR("\x01\x80\x80\x80\x04\x80\x80\x40\x00\x00\x00"), arena, &err), ERR_CORRUPT);
    /* one row, 2^20 columns, ten bytes */
    assert_int_equal(directory_decode(&read, STR("\x01\x01\x80\x80\x40\x00\x00\x00xxxxxxxxxx"), arena, &err), ERR_CORRUPT);
    assert_int_equal(arena_used_bytes(arena), 0);
    arena_destroy(arena);
}

/* Whatever one byte says, pages stay within 16,384 rows and counts within the rows: what readers allocate for. */
static void directory__never_promises_more_than_a_page_holds(void **state) {
    struct segment_directory made = make_directory(*state), read;
    struct str encoded = encode(&made, *state);
    char *changed = arena_alloc(*state, encoded.len);
    struct arena *arena = arena_create();

    for (size_t at = 0; at < encoded.len; at++)
        for (int flip = 1; flip < 256; flip <<= 1) {
            struct err err = { 0 };
            memcpy(changed, encoded.ptr, encoded.len);
            changed[at] = (char)(changed[at] ^ flip);
            arena_reset(arena);
            if (directory_decode(&read, (struct str){ changed, encoded.len }, arena, &err) != OK)
                continue;
            for (uint32_t i = 0; i < read.column_count; i++) {
                assert_true(read.columns[i].count <= read.row_count);
                for (uint32_t page = 0; page < read.page_count; page++)
                    assert_true(read.columns[i].pages[page].count <= SEGMENT_PAGE_ROWS);
            }
        }
    arena_destroy(arena);
}

static int set_up(void **state) {
    *state = arena_create();
    return 0;
}

static int tear_down(void **state) {
    arena_destroy(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(directory__comes_back_as_it_was),
        TEST(directory__is_refused_when_it_is_cut),
        TEST(directory__is_refused_with_something_behind_it),
        TEST(directory__is_refused_of_another_version_or_with_more_pages_than_bytes),
        TEST(directory__never_promises_more_than_a_page_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
