/* test_parquet_reader.c - pages of each type come back as they were written; cut or changed ones are refused. */
#include "tests/unit/server/history/segment_fixture.h"

enum { ROWS = 3000 };

static const enum history_type types[] = { HISTORY_INT, HISTORY_DOUBLE, HISTORY_BOOL, HISTORY_STRING, HISTORY_JSON };
enum { TYPES = sizeof(types) / sizeof(types[0]) };

/* The one page of a column, and the rows it is asked for. */
static struct str page_of(struct segment_fixture *f, const struct segment_column *written) {
    return str_slice(read_whole(f, f->name), written->pages[0].offset, written->pages[0].size_bytes);
}

static enum err_code read_page(struct segment_fixture *f, struct str bytes, struct parquet_page page, struct column *out) {
    *out = (struct column){ .text = "" };
    out->rows = ARENA_ARRAY(f->arena, uint32_t, page.row_count + 1);
    out->values = ARENA_ARRAY(f->arena, union value, page.row_count);
    return parquet_read_page(bytes, &page, out, f->arena, &f->err);
}

static void parquet_reader__gives_back_each_type(void **state) {
    struct segment_fixture *f = *state;

    for (uint32_t every = 1; every <= 10; every += 3)
        for (uint32_t i = 0; i < TYPES; i++) {
            struct column made = make_column("key", types[i], ROWS, every, f->arena), read;
            struct segment_column written;
            write_columns(f, &made, 1, ROWS, &written);
            must(f, read_page(f, page_of(f, &written), (struct parquet_page){ types[i], false, 0, ROWS }, &read));
            assert_same_values(&read, &made);
        }
}

static void parquet_reader__gives_back_required_columns_and_empty_ones(void **state) {
    struct segment_fixture *f = *state;
    struct column columns[] = { make_column("_step", HISTORY_INT, ROWS, 1, f->arena),
                                make_column("none", HISTORY_DOUBLE, ROWS, ROWS, f->arena) },
                  read;
    struct segment_column written[2];

    columns[1].count = 0;
    write_columns(f, columns, 2, ROWS, written);
    must(f, read_page(f, page_of(f, &written[0]), (struct parquet_page){ HISTORY_INT, true, 0, ROWS }, &read));
    assert_same_values(&read, &columns[0]);
    must(f, read_page(f, page_of(f, &written[1]), (struct parquet_page){ HISTORY_DOUBLE, false, 0, ROWS }, &read));
    assert_int_equal(read.count, 0);
}

static void parquet_reader__numbers_the_rows_of_later_pages(void **state) {
    struct segment_fixture *f = *state;
    uint32_t rows = SEGMENT_PAGE_ROWS + 100;
    struct column made = make_column("key", HISTORY_DOUBLE, rows, 1, f->arena), read;
    struct segment_column written;

    write_columns(f, &made, 1, rows, &written);
    struct str page = str_slice(read_whole(f, f->name), written.pages[1].offset, written.pages[1].size_bytes);
    must(f, read_page(f, page, (struct parquet_page){ HISTORY_DOUBLE, false, SEGMENT_PAGE_ROWS, 100 }, &read));
    assert_int_equal(read.count, 100);
    assert_int_equal(read.rows[0], SEGMENT_PAGE_ROWS);
    assert_memory_equal(read.values, made.values + SEGMENT_PAGE_ROWS, 800);
}

static void parquet_reader__refuses_a_page_that_is_cut(void **state) {
    struct segment_fixture *f = *state;

    for (uint32_t i = 0; i < TYPES; i++) {
        struct column made = make_column("key", types[i], ROWS, 2, f->arena), read;
        struct segment_column written;
        write_columns(f, &made, 1, ROWS, &written);
        struct str page = page_of(f, &written);
        for (size_t len = 0; len < page.len; len += 1 + page.len / 100)
            assert_int_equal(read_page(f, str_slice(page, 0, len), (struct parquet_page){ types[i], false, 0, ROWS }, &read), ERR_CORRUPT);
    }
}

/* Bytes of the body are under the page's checksum. Those of its header are read with every size checked: what they say
 * either matters and is refused, or does not. */
static void parquet_reader__refuses_a_page_with_a_changed_byte(void **state) {
    struct segment_fixture *f = *state;
    enum { HEADER_MAX = 40 };

    for (uint32_t i = 0; i < TYPES; i++) {
        struct column made = make_column("key", types[i], ROWS, 2, f->arena), read;
        struct segment_column written;
        write_columns(f, &made, 1, ROWS, &written);
        struct str page = page_of(f, &written);
        char *changed = arena_alloc(f->arena, page.len);
        for (size_t at = 0; at < page.len; at += at < HEADER_MAX ? 1 : 1 + page.len / 100) {
            memcpy(changed, page.ptr, page.len);
            changed[at] ^= 0x10;
            enum err_code code = read_page(f, (struct str){ changed, page.len }, (struct parquet_page){ types[i], false, 0, ROWS }, &read);
            if (code == OK && at < HEADER_MAX)
                assert_same_values(&read, &made);
            else
                assert_int_equal(code, ERR_CORRUPT);
        }
    }
}

static void parquet_reader__refuses_a_page_of_another_type_or_size(void **state) {
    struct segment_fixture *f = *state;
    struct column made = make_column("key", HISTORY_DOUBLE, ROWS, 1, f->arena), read;
    struct segment_column written;

    write_columns(f, &made, 1, ROWS, &written);
    struct str page = page_of(f, &written);
    assert_int_equal(read_page(f, page, (struct parquet_page){ HISTORY_INT, false, 0, ROWS }, &read), ERR_CORRUPT);
    assert_int_equal(read_page(f, page, (struct parquet_page){ HISTORY_STRING, false, 0, ROWS }, &read), ERR_CORRUPT);
    assert_int_equal(read_page(f, page, (struct parquet_page){ HISTORY_DOUBLE, true, 0, ROWS }, &read), ERR_CORRUPT);
    assert_int_equal(read_page(f, page, (struct parquet_page){ HISTORY_DOUBLE, false, 0, ROWS - 1 }, &read), ERR_CORRUPT);
    assert_int_equal(read_page(f, page, (struct parquet_page){ HISTORY_DOUBLE, false, 0, ROWS + 1 }, &read), ERR_CORRUPT);
}

/* ---- footers ---- */

static struct str footer_of(struct segment_fixture *f, uint64_t *file_size) {
    struct str whole = read_whole(f, f->name);
    uint32_t size;
    memcpy(&size, whole.ptr + whole.len - PARQUET_TAIL_BYTES, sizeof(size));
    *file_size = whole.len;
    return str_slice(whole, whole.len - PARQUET_TAIL_BYTES - size, size);
}

static void write_all_types(struct segment_fixture *f, struct segment_column *written) {
    static const char *const paths[TYPES] = { "_step", "b", "c", "d", "e" };
    struct column columns[TYPES];
    for (uint32_t i = 0; i < TYPES; i++)
        columns[i] = make_column(paths[i], types[i], ROWS, i == 0 ? 1 : 2, f->arena);
    write_columns(f, columns, TYPES, ROWS, written);
}

static void parquet_reader__finds_columns_without_a_directory(void **state) {
    struct segment_fixture *f = *state;
    struct segment_column written[TYPES];
    struct parquet_footer footer;
    uint64_t file_size;

    write_all_types(f, written);
    struct str bytes = footer_of(f, &file_size);
    must(f, parquet_read_footer(&footer, bytes, file_size, f->arena, &f->err));
    assert_int_equal(footer.row_count, ROWS);
    assert_int_equal(footer.column_count, TYPES);
    for (uint32_t i = 0; i < TYPES; i++) {
        assert_int_equal(footer.columns[i].type, types[i] == HISTORY_JSON ? HISTORY_STRING : types[i]);
        assert_int_equal(footer.columns[i].is_required, i == 0);
        assert_int_equal(footer.columns[i].value_count, ROWS);
        assert_int_equal(footer.columns[i].first_page, written[i].pages[0].offset);
        assert_int_equal(footer.columns[i].size_bytes, written[i].pages[0].size_bytes);
    }
}

static void parquet_reader__refuses_a_footer_that_is_cut_or_points_outside(void **state) {
    struct segment_fixture *f = *state;
    struct segment_column written[TYPES];
    struct parquet_footer footer;
    uint64_t file_size;

    write_all_types(f, written);
    struct str bytes = footer_of(f, &file_size);
    for (size_t len = 0; len < bytes.len; len++)
        assert_int_equal(parquet_read_footer(&footer, str_slice(bytes, 0, len), file_size, f->arena, &f->err), ERR_CORRUPT);
    uint64_t last_byte = written[TYPES - 1].pages[0].offset + written[TYPES - 1].pages[0].size_bytes;
    must(f, parquet_read_footer(&footer, bytes, last_byte, f->arena, &f->err));
    assert_int_equal(parquet_read_footer(&footer, bytes, last_byte - 1, f->arena, &f->err), ERR_CORRUPT);
}

static void parquet_reader__lives_through_any_changed_byte_of_a_footer(void **state) {
    struct segment_fixture *f = *state;
    struct segment_column written[TYPES];
    struct parquet_footer footer;
    uint64_t file_size;

    write_all_types(f, written);
    struct str bytes = footer_of(f, &file_size);
    char *changed = arena_alloc(f->arena, bytes.len);
    for (size_t at = 0; at < bytes.len; at++)
        for (int flip = 1; flip < 256; flip <<= 1) {
            memcpy(changed, bytes.ptr, bytes.len);
            changed[at] = (char)(changed[at] ^ flip);
            if (parquet_read_footer(&footer, (struct str){ changed, bytes.len }, file_size, f->arena, &f->err) != OK)
                continue;
            for (uint32_t i = 0; i < footer.column_count; i++)
                assert_true(footer.columns[i].first_page >= 0 && (uint64_t)footer.columns[i].first_page +
                            (uint64_t)footer.columns[i].size_bytes <= file_size);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SEGMENT_TEST(parquet_reader__gives_back_each_type),
        SEGMENT_TEST(parquet_reader__gives_back_required_columns_and_empty_ones),
        SEGMENT_TEST(parquet_reader__numbers_the_rows_of_later_pages),
        SEGMENT_TEST(parquet_reader__refuses_a_page_that_is_cut),
        SEGMENT_TEST(parquet_reader__refuses_a_page_with_a_changed_byte),
        SEGMENT_TEST(parquet_reader__refuses_a_page_of_another_type_or_size),
        SEGMENT_TEST(parquet_reader__finds_columns_without_a_directory),
        SEGMENT_TEST(parquet_reader__refuses_a_footer_that_is_cut_or_points_outside),
        SEGMENT_TEST(parquet_reader__lives_through_any_changed_byte_of_a_footer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
