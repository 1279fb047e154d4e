/* fuzz_arrow.c - no bytes lead the reader of columns outside, and what it accepts can be looked at to the last row. */
#include "base/arrow.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(claim)                                                                                         \
    do {                                                                                                     \
        if (!(claim))                                                                                        \
            abort();                                                                                         \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static size_t look_at(const struct arrow_field *field, const struct arrow_column *column, size_t rows) {
    size_t sum = column->valid != NULL && rows > 0 ? arrow_bit(column->valid, rows - 1) : 0;
    if (rows == 0)
        return sum;
    if (field->type == ARROW_TEXT) {
        CHECK(column->offsets[0] == 0);
        for (size_t row = 0; row < rows; row++)
            CHECK(column->offsets[row] <= column->offsets[row + 1]);
        return column->offsets[rows] > 0 ? sum + ((const uint8_t *)column->values)[column->offsets[rows] - 1] : sum;
    }
    return sum + (field->type == ARROW_BOOL ? arrow_bit(column->values, rows - 1) : ((const uint8_t *)column->values)[rows * 8 - 1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct arrow_table table;
    struct err err = { 0 };
    size_t sum = 0, rows = 0;
    char *bytes = aligned_alloc(16, (size_bytes + 16) / 16 * 16);

    CHECK(bytes != NULL);
    memcpy(bytes, data, size_bytes);
    if (arrow_table_read(&table, (struct str){ bytes, size_bytes }, &err) == OK) {
        for (size_t b = 0; b < table.batch_count; b++) {
            rows += table.batches[b].row_count;
            for (size_t i = 0; i < table.field_count; i++)
                sum += look_at(&table.fields[i], &table.batches[b].columns[i], table.batches[b].row_count);
        }
        CHECK(rows == table.row_count && sum < SIZE_MAX);
    }
    arrow_table_finish(&table);
    free(bytes);
    return 0;
}
