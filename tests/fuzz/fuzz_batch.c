/* fuzz_batch.c - the encoded form of a tail row, and the lines it comes from. What decodes, encodes and decodes again to
 * the same; lines that are accepted make a batch that decodes and has as many rows. */
#include "server/history/batch.h"

#define CHECK(claim)                                                                                         \
    do {                                                                                                     \
        if (!(claim))                                                                                        \
            abort();                                                                                         \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static bool load_all(struct batch_rows *rows) {
    struct err err = { 0 };
    for (uint32_t i = 0; i < rows->column_count; i++)
        if (batch_load_column(rows, i, &err) != OK)
            return false;
    return true;
}

static void check_encoded(struct str encoded, struct arena *arena) {
    struct buf again = BUF_INIT(64 << 20);
    struct batch_rows rows, second;
    struct err err = { 0 };

    if (batch_decode(&rows, encoded, arena, &err) != OK || !load_all(&rows))
        return;
    CHECK(batch_encode(&again, &rows, &err) == OK);
    CHECK(batch_decode(&second, buf_str(&again), arena, &err) == OK && load_all(&second));
    CHECK(second.row_count == rows.row_count && second.column_count == rows.column_count);
    for (uint32_t i = 0; i < rows.column_count; i++)
        CHECK(second.columns[i].count == rows.columns[i].count && second.columns[i].type == rows.columns[i].type);
    buf_finish(&again);
}

static void check_lines(struct str text, struct arena *arena) {
    struct history_batch *batch = history_batch_create();
    struct str line, rest = text;
    struct batch_rows rows;
    struct err err = { 0 };
    bool has_more = true;
    int64_t accepted = 0;

    history_batch_begin(batch, HISTORY_ROWS, 5);
    while (has_more && history_batch_has_room(batch)) {
        has_more = str_cut(rest, '\n', &line, &rest);
        enum err_code code = history_batch_add_line(batch, line, &err);
        CHECK(code == OK || code == ERR_BAD_INPUT);
        accepted += code == OK;
    }
    CHECK(history_batch_rows(batch) == accepted);
    CHECK(history_batch_finish(batch, &err) == OK);
    CHECK(batch_decode(&rows, history_batch_summary(batch).encoded, arena, &err) == OK && load_all(&rows));
    CHECK(rows.row_count == accepted);
    history_batch_destroy(batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct arena *arena = arena_create();
    struct str text = arena_copy(arena, (struct str){ size_bytes > 0 ? (const char *)data : "", size_bytes });

    if (text.len > 0 && text.ptr[0] == '{')
        check_lines(text, arena);
    else
        check_encoded(text, arena);
    arena_destroy(arena);
    return 0;
}
