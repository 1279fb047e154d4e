/* fuzz_batch_table.c - whatever Arrow bytes are sent as rows: refused, or a batch that decodes and has as many rows. */
#include "base/arrow.h"
#include "server/history/batch.h"

#define CHECK(claim)                                                                                         \
    do {                                                                                                     \
        if (!(claim))                                                                                        \
            abort();                                                                                         \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void check_batch(const struct arrow_table *table, size_t at) {
    struct history_batch *batch = history_batch_create();
    struct arena *arena = arena_create();
    struct batch_rows rows;
    struct err err = { 0 };

    history_batch_begin(batch, HISTORY_ROWS, 5);
    if (history_batch_add_table(batch, HISTORY_ROWS, table, at, &err) == OK) {
        CHECK(history_batch_finish(batch, &err) == OK);
        CHECK(batch_decode(&rows, history_batch_summary(batch).encoded, arena, &err) == OK);
        for (uint32_t i = 0; i < rows.column_count; i++)
            CHECK(batch_load_column(&rows, i, &err) == OK);
        CHECK(rows.row_count == table->batches[at].row_count);
    }
    arena_destroy(arena);
    history_batch_destroy(batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct arrow_table table;
    struct err err = { 0 };
    char *bytes = aligned_alloc(16, (size_bytes + 16) / 16 * 16);

    CHECK(bytes != NULL);
    memcpy(bytes, data, size_bytes);
    if (arrow_table_read(&table, (struct str){ bytes, size_bytes }, &err) == OK)
        for (size_t i = 0; i < table.batch_count && i < 8; i++)
            check_batch(&table, i);
    arrow_table_finish(&table);
    free(bytes);
    return 0;
}
