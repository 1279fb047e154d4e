/* test_parquet_writer.c - what a file says of its columns. That other programs read it, tests/api/test_history_files.py shows. */
#include "tests/unit/server/history/segment_fixture.h"

enum { ROWS = 40000, TAIL_MAX = 1 << 20 };

static struct parquet_footer footer_of(struct segment_fixture *f) {
    struct str whole = read_whole(f, f->name);
    struct parquet_footer footer;
    uint32_t size;

    assert_memory_equal(whole.ptr, "PAR1", 4);
    assert_memory_equal(whole.ptr + whole.len - 4, "PAR1", 4);
    memcpy(&size, whole.ptr + whole.len - PARQUET_TAIL_BYTES, sizeof(size));
    must(f, parquet_read_footer(&footer, str_slice(whole, whole.len - PARQUET_TAIL_BYTES - size, size), whole.len, f->arena, &f->err));
    return footer;
}

static void parquet_writer__gives_each_column_a_name_of_its_own(void **state) {
    struct segment_fixture *f = *state;
    static const char *const paths[] = { "a.b", "a\xff" "b", "a.b~2", "\xff", "a\xff" "b\xff" "c" };
    static const char *const names[] = { "a.b", "a.b~2", "a.b~2~2", ".", "a.b.c" };
    struct column columns[5];
    struct segment_column written[5];

    for (uint32_t i = 0; i < 5; i++)
        columns[i] = make_column(paths[i], i == 4 ? HISTORY_JSON : HISTORY_INT, 10, 1, f->arena);
    write_columns(f, columns, 5, 10, written);
    struct parquet_footer footer = footer_of(f);
    for (uint32_t i = 0; i < 5; i++)
        assert_true(str_eq_c(footer.columns[i].name, names[i]));
    assert_true(str_eq_c(footer.marks, "{\"a.b~2\":{\"path\":[\"a\",\"b\"]},\"a.b~2~2\":{\"path\":[\"a.b~2\"]},"
                                       "\".\":{\"path\":[\"\",\"\"]},\"a.b.c\":{\"path\":[\"a\",\"b\",\"c\"],\"json\":true}}"));
}

static void parquet_writer__says_where_each_page_lies(void **state) {
    struct segment_fixture *f = *state;
    struct column column = make_column("key", HISTORY_DOUBLE, ROWS, 3, f->arena);
    struct segment_column written;
    uint32_t counted = 0;

    write_columns(f, &column, 1, ROWS, &written);
    struct parquet_footer footer = footer_of(f);
    assert_int_equal(written.count, column.count);
    assert_int_equal(written.pages[0].offset, 4);
    for (uint32_t page = 0; page < directory_page_count(ROWS); page++) {
        if (page > 0)
            assert_int_equal(written.pages[page].offset, written.pages[page - 1].offset + written.pages[page - 1].size_bytes);
        counted += written.pages[page].count;
    }
    assert_int_equal(counted, column.count);
    const struct segment_page *last = &written.pages[directory_page_count(ROWS) - 1];
    assert_int_equal(footer.columns[0].size_bytes, last->offset + last->size_bytes - 4);
}

/* Ranges lie in the footer as eight bytes. Parquet's readers skip files by them: NaN would make that wrong. */
static bool footer_has(struct segment_fixture *f, double number) {
    struct str whole = read_whole(f, f->name);
    size_t from = whole.len > TAIL_MAX ? whole.len - TAIL_MAX : 0;
    uint32_t size;
    memcpy(&size, whole.ptr + whole.len - PARQUET_TAIL_BYTES, sizeof(size));
    from = whole.len - PARQUET_TAIL_BYTES - size;
    for (size_t at = from; at + 9 <= whole.len; at++)
        if (whole.ptr[at] == 8 && memcmp(whole.ptr + at + 1, &number, 8) == 0)
            return true;
    return false;
}

static void parquet_writer__leaves_nan_out_of_ranges_and_takes_both_zeros_in(void **state) {
    struct segment_fixture *f = *state;
    union value values[] = { { .number = NAN }, { .number = 0.0 }, { .number = 2.5 }, { .number = NAN } };
    uint32_t rows[] = { 0, 1, 2, 3 };
    struct column column = { .path = STR("x"), .type = HISTORY_DOUBLE, .count = 4, .rows = rows, .values = values };
    struct segment_column written;

    write_columns(f, &column, 1, 4, &written);
    assert_true(footer_has(f, 2.5) && footer_has(f, -0.0));
    assert_false(footer_has(f, NAN) || footer_has(f, 0.0));
    column.count = 1;
    write_columns(f, &column, 1, 4, &written);
    assert_false(footer_has(f, NAN));
}

static void parquet_writer__keeps_what_is_put_between_pages_and_footer(void **state) {
    struct segment_fixture *f = *state;
    struct column column = make_column("key", HISTORY_INT, 10, 1, f->arena);
    struct segment_column written = { 0 };
    struct segment_file *file;
    uint64_t offset;

    must(f, segment_file_create(&file, f->files, RUN, &f->err));
    struct parquet_writer *writer = parquet_writer_create(file, 10, f->arena);
    must(f, parquet_write_column(writer, &column, false, &written, &f->err));
    must(f, parquet_write_bytes(writer, STR("overview"), &offset, &f->err));
    must(f, parquet_finish(writer, 0, &f->err));
    must(f, segment_file_publish(file, &f->err));
    f->name = arena_copy(f->arena, segment_file_name(file));
    assert_memory_equal(read_whole(f, f->name).ptr + offset, "overview", 8);
    assert_int_equal(footer_of(f).row_count, 10);
    parquet_writer_destroy(writer);
    segment_file_destroy(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SEGMENT_TEST(parquet_writer__gives_each_column_a_name_of_its_own),
        SEGMENT_TEST(parquet_writer__says_where_each_page_lies),
        SEGMENT_TEST(parquet_writer__leaves_nan_out_of_ranges_and_takes_both_zeros_in),
        SEGMENT_TEST(parquet_writer__keeps_what_is_put_between_pages_and_footer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
