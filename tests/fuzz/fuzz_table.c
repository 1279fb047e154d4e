/* fuzz_table.c - whatever a table's file holds: it is refused, or becomes columns that our reader of columns takes. */
#include "base/arrow.h"
#include "base/clock.h"
#include "server/api/runs/table_columns.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct arena *arena = arena_create();
    struct buf out = BUF_INIT(1 << 24);
    struct arrow_table table;
    struct err err = { 0 };
    if (table_columns_write((struct str){ (const char *)data, size_bytes }, clock_mono_ms() + 10000, &out, arena, &err) == OK) {
        if (arrow_table_read(&table, buf_str(&out), &err) != OK)
            abort();
        arrow_table_finish(&table);
    }
    buf_finish(&out);
    arena_destroy(arena);
    return 0;
}
