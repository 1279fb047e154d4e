/* fuzz_parquet.c - everything of a segment that is read back: footers, pages, directories, overviews. The first byte says
 * which; a page's next bytes give its type, whether it is required, and its rows (two bytes). */
#include "server/history/directory.h"
#include "server/history/overview.h"
#include "server/history/parquet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void read_page(struct str bytes, struct arena *arena) {
    struct byte_reader in = bytes_from(bytes);
    struct parquet_page page = { .type = (enum history_type)(1 + bytes_u8(&in) % 5), .is_required = (bytes_u8(&in) & 1) != 0 };
    struct err err = { 0 };
    struct column out = { 0 };
    uint64_t total = 0;

    page.row_count = bytes_u8(&in);
    page.row_count = (page.row_count << 8 | bytes_u8(&in)) % (SEGMENT_PAGE_ROWS + 1);
    out.rows = ARENA_ARRAY(arena, uint32_t, page.row_count + 1);
    out.values = ARENA_ARRAY(arena, union value, page.row_count);
    if (parquet_read_page(bytes_take(&in, bytes_left(&in)), &page, &out, arena, &err) != OK || !column_is_text(out.type))
        return;
    for (uint32_t i = 0; i < out.count; i++)
        for (size_t k = 0; k < column_text(&out, i).len; k++)
            total += (unsigned char)column_text(&out, i).ptr[k];
    if (total == UINT64_MAX)
        abort();
}

static void read_overview(struct str bytes, struct arena *arena) {
    enum { VALUES = 100000, ROWS = 200000 };
    struct overview_header header;
    struct overview_buckets buckets;
    struct overview_samples samples;
    struct err err = { 0 };
    uint32_t *nulls;

    if (overview_read_header(&header, str_slice(bytes, 0, OVERVIEW_HEADER_MAX), bytes.len, VALUES, ROWS, &err) != OK)
        return;
    (void)!overview_read_nulls(&nulls, &header.nulls, str_slice(bytes, header.nulls.offset, header.nulls.size_bytes), ROWS,
                               arena, &err);
    for (uint32_t i = 0; i < header.bucket_levels; i++)
        (void)!overview_read_buckets(&buckets, &header, i,
                                     str_slice(bytes, header.buckets[i].offset, header.buckets[i].size_bytes), arena, &err);
    for (uint32_t i = 0; i < header.sample_levels; i++)
        (void)!overview_read_samples(&samples, &header, i,
                                     str_slice(bytes, header.samples[i].offset, header.samples[i].size_bytes), arena, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct arena *arena = arena_create();
    struct str text = arena_copy(arena, (struct str){ size_bytes > 0 ? (const char *)data : "", size_bytes });
    struct str rest = str_from(text, 1);
    struct segment_directory directory;
    struct parquet_footer footer;
    struct err err = { 0 };

    switch (size_bytes > 0 ? data[0] % 4 : 0) {
    case 0:
        (void)!parquet_read_footer(&footer, rest, 1 << 20, arena, &err);
        break;
    case 1:
        read_page(rest, arena);
        break;
    case 2:
        (void)!directory_decode(&directory, rest, arena, &err);
        break;
    default:
        read_overview(rest, arena);
    }
    arena_destroy(arena);
    return 0;
}
