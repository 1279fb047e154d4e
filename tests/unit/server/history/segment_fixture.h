/* segment_fixture.h - a folder for segments' files, and files that are written by the real writer. */
#ifndef TESTS_SEGMENT_FIXTURE_H
#define TESTS_SEGMENT_FIXTURE_H

#include "base/file.h"
#include "server/history/parquet.h"
#include "server/history/segment_files.h"
#include "tests/unit/server/history/column_fixture.h"

#include <unistd.h>

enum { RUN = 7 };

struct segment_fixture {
    char folder[64];
    struct arena *arena;
    struct depot *depot;
    struct segment_files *files;
    struct str name; /* of the file that was written last */
    struct err err;
};

static inline int segment_set_up(void **state) {
    struct segment_fixture *f = calloc(1, sizeof(*f));
    if (f == NULL)
        return 1;
    (void)snprintf(f->folder, sizeof(f->folder), "/tmp/barograph-test-XXXXXX");
    if (mkdtemp(f->folder) == NULL)
        return 1;
    f->arena = arena_create();
    *state = f;
    if (depot_open(&f->depot, f->folder, NULL, STR_EMPTY, &f->err) != OK)
        return 1;
    f->files = segment_files_create(f->depot);
    return 0;
}

static inline int segment_tear_down(void **state) {
    struct segment_fixture *f = *state;
    int result = file_remove_tree(f->folder, &f->err) == OK ? 0 : -1;
    segment_files_destroy(f->files);
    depot_close(f->depot);
    arena_destroy(f->arena);
    free(f);
    return result;
}

static inline void must(struct segment_fixture *f, enum err_code code) {
    if (code != OK)
        fail_msg("%s", f->err.message);
}

static inline const char *path_in(struct segment_fixture *f, struct str name) {
    return file_join(f->arena, f->folder, arena_copy_c(f->arena, name));
}

static inline struct str read_whole(struct segment_fixture *f, struct str name) {
    struct str bytes = STR_EMPTY;
    must(f, file_read_all(&bytes, path_in(f, name), 1 << 28, f->arena, &f->err));
    return bytes;
}

/* Writes the columns, the first of them required when its path is _step, into one Parquet file; *written says where. */
static inline void write_columns(struct segment_fixture *f, const struct column *columns, uint32_t count, uint32_t row_count,
                                 struct segment_column *written) {
    struct segment_file *file;

    must(f, segment_file_create(&file, f->files, RUN, &f->err));
    struct parquet_writer *writer = parquet_writer_create(file, row_count, f->arena);
    for (uint32_t i = 0; i < count; i++) {
        written[i] = (struct segment_column){ 0 };
        must(f, parquet_write_column(writer, &columns[i], str_eq_c(columns[i].path, "_step"), &written[i], &f->err));
    }
    must(f, parquet_finish(writer, 11, &f->err));
    must(f, segment_file_publish(file, &f->err));
    f->name = arena_copy(f->arena, segment_file_name(file));
    parquet_writer_destroy(writer);
    segment_file_destroy(file);
}

#define SEGMENT_TEST(name) cmocka_unit_test_setup_teardown(name, segment_set_up, segment_tear_down)

#endif
