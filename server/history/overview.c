/* overview.c - buckets and samples of a column. */
#include "server/history/overview.h"

#include "base/log.h"
#include "server/history/encoding.h"
#include "server/history/inflate.h"

#include <math.h>
#include <zstd.h>

enum { OVERVIEW_VERSION = 1, ZSTD_LEVEL = 3, RECORD_MAX = 1 << 28, BUCKET_INTEGERS = 9, BUCKET_WORDS = 4 };

/* ---- writing ---- */

static uint32_t part_count(uint32_t values, uint32_t stride) {
    return (values + stride - 1) / stride;
}

static uint32_t finest_samples(uint32_t values, uint32_t rows) {
    return values <= rows / 16 ? OVERVIEW_SPARSE_STRIDE : OVERVIEW_STRIDE;
}

/* The levels that are worth having: the coarsest still has a few entries. */
static uint32_t level_count(uint32_t values, uint32_t finest) {
    uint32_t levels = 0;
    while (levels < OVERVIEW_LEVELS_MAX && values / overview_scale(finest, levels) >= 4)
        levels++;
    return levels;
}

static void put_integers(struct buf *out, const int64_t *values, uint32_t count) {
    encode_deltas(out, values, count);
}

static void put_words(struct buf *out, const uint64_t *values, uint32_t count) {
    char *split = buf_reserve(out, (size_t)count * 8);
    if (split != NULL)
        encode_split(split, values, count);
    buf_commit(out, split != NULL ? (size_t)count * 8 : 0);
}

/* One bucket's fields, in the order in which they are stored, each an array of its own. */
struct bucket_arrays {
    int64_t *integers[BUCKET_INTEGERS];
    uint64_t *words[BUCKET_WORDS];
};
enum { FINITE, NONFINITE, MIN_ROW, MAX_ROW, LAST_ROW, MIN_STEP, MAX_STEP, FIRST_STEP, LAST_STEP };
enum { MIN, MAX, LAST, MEAN };

static struct bucket_arrays alloc_arrays(uint32_t count, struct arena *arena) {
    struct bucket_arrays arrays;
    for (uint32_t i = 0; i < BUCKET_INTEGERS; i++)
        arrays.integers[i] = ARENA_ARRAY(arena, int64_t, count);
    for (uint32_t i = 0; i < BUCKET_WORDS; i++)
        arrays.words[i] = ARENA_ARRAY(arena, uint64_t, count);
    return arrays;
}

static bool is_less(enum history_type type, union value a, union value b) {
    return type == HISTORY_DOUBLE ? a.number < b.number : a.integer < b.integer;
}

/* For values so large that their sum overflows. */
static double careful_mean(const struct column *column, uint32_t first, uint32_t end) {
    uint32_t finite = 0;
    double mean = 0;

    for (uint32_t i = first; i < end; i++) {
        double number = value_as_double(column->type, column->values[i]);
        if (!isfinite(number))
            continue;
        finite++;
        mean += number / finite - mean / finite;
    }
    return mean;
}

static void fill_bucket(struct bucket_arrays *out, uint32_t bucket, const struct column *column, const int64_t *steps,
                        uint32_t first, uint32_t end) {
    uint32_t least = first, greatest = first, last = first, finite = 0;
    double sum = 0;

    for (uint32_t i = first; i < end; i++) {
        union value value = column->values[i];
        double number = value_as_double(column->type, value);
        if (!isfinite(number))
            continue;
        if (finite == 0 || is_less(column->type, value, column->values[least]))
            least = i;
        if (finite == 0 || is_less(column->type, column->values[greatest], value))
            greatest = i;
        last = i;
        finite++;
        sum += number;
    }
    double mean = isfinite(sum) ? sum / (finite > 0 ? finite : 1) : careful_mean(column, first, end);
    const uint32_t places[] = { least, greatest, last };
    for (uint32_t i = 0; i < 3; i++) {
        out->integers[MIN_ROW + (int)i][bucket] = column->rows[places[i]];
        memcpy(&out->words[MIN + (int)i][bucket], &column->values[places[i]], 8);
    }
    memcpy(&out->words[MEAN][bucket], &mean, 8);
    out->integers[FINITE][bucket] = finite;
    out->integers[NONFINITE][bucket] = end - first - finite;
    out->integers[MIN_STEP][bucket] = steps[column->rows[least]];
    out->integers[MAX_STEP][bucket] = steps[column->rows[greatest]];
    out->integers[FIRST_STEP][bucket] = steps[column->rows[first]];
    out->integers[LAST_STEP][bucket] = steps[column->rows[end - 1]];
}

static void put_buckets(struct buf *out, const struct column *column, const int64_t *steps, uint32_t stride,
                        struct arena *arena) {
    uint32_t count = part_count(column->count, stride);
    struct bucket_arrays arrays = alloc_arrays(count, arena);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t left = column->count - i * stride;
        fill_bucket(&arrays, i, column, steps, i * stride, i * stride + (left < stride ? left : stride));
    }
    for (uint32_t i = 0; i < BUCKET_INTEGERS; i++)
        put_integers(out, arrays.integers[i], count);
    for (uint32_t i = 0; i < BUCKET_WORDS; i++)
        put_words(out, arrays.words[i], count);
}

static void put_samples(struct buf *out, const struct column *column, const int64_t *steps, uint32_t stride,
                        struct arena *arena) {
    uint32_t count = part_count(column->count, stride);
    int64_t *rows = ARENA_ARRAY(arena, int64_t, count), *row_steps = ARENA_ARRAY(arena, int64_t, count);
    uint64_t *words = ARENA_ARRAY(arena, uint64_t, count);

    for (uint32_t i = 0; i < count; i++) {
        rows[i] = column->rows[i * stride];
        row_steps[i] = steps[rows[i]];
        memcpy(&words[i], &column->values[i * stride], 8);
    }
    put_integers(out, rows, count);
    put_integers(out, row_steps, count);
    put_words(out, words, count);
}

static void put_nulls(struct buf *out, const struct column *column, struct arena *arena) {
    int64_t *rows = ARENA_ARRAY(arena, int64_t, column->null_count);
    for (uint32_t i = 0; i < column->null_count; i++)
        rows[i] = column->null_rows[i];
    put_integers(out, rows, column->null_count);
}

/* With a checksum in each frame: nothing else would tell a changed bit from a value. */
static ZSTD_CCtx *create_compressor(void) {
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    if (zstd == NULL || ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1)))
        log_fatal("out of memory: a compressor");
    return zstd;
}

/* What is written: the header tells of the parts in the body. */
struct record {
    struct buf header, body, raw;
    ZSTD_CCtx *zstd;
};

/* Compresses what is in raw behind the body and notes it in the header. */
static void put_part(struct record *record, uint32_t count) {
    struct buf *raw = &record->raw;
    size_t bound = ZSTD_compressBound(raw->len), size = 0;
    char *out = buf_reserve(&record->body, bound);

    if (out != NULL)
        size = ZSTD_compress2(record->zstd, out, bound, raw->ptr, raw->len);
    if (ZSTD_isError(size))
        log_fatal("cannot compress an overview: %s", ZSTD_getErrorName(size));
    buf_commit(&record->body, size);
    buf_append_varint(&record->header, count);
    buf_append_varint(&record->header, raw->len);
    buf_append_varint(&record->header, size);
    record->body.failed |= raw->failed;
    buf_reset(raw);
}

void overview_write(struct buf *out, const struct column *column, const int64_t *steps, uint32_t row_count, struct arena *arena) {
    uint32_t values = column_is_numeric(column->type) && row_count >= OVERVIEW_ROWS_MIN ? column->count : 0;
    uint32_t finest = finest_samples(values, row_count);
    uint32_t bucket_levels = level_count(values, OVERVIEW_BUCKET), sample_levels = level_count(values, finest);

    if (column->null_count == 0 && sample_levels == 0)
        return;
    struct record record = { BUF_INIT(OVERVIEW_HEADER_MAX), BUF_INIT(RECORD_MAX), BUF_INIT(RECORD_MAX), create_compressor() };
    buf_append_char(&record.header, OVERVIEW_VERSION);
    buf_append_char(&record.header, (char)bucket_levels);
    buf_append_char(&record.header, (char)sample_levels);
    put_nulls(&record.raw, column, arena);
    put_part(&record, column->null_count);
    for (uint32_t i = 0; i < bucket_levels; i++) {
        uint32_t stride = overview_scale(OVERVIEW_BUCKET, i);
        put_buckets(&record.raw, column, steps, stride, arena);
        put_part(&record, part_count(values, stride));
    }
    for (uint32_t i = 0; i < sample_levels; i++) {
        uint32_t stride = overview_scale(finest, i);
        put_samples(&record.raw, column, steps, stride, arena);
        put_part(&record, part_count(values, stride));
    }
    buf_append_str(out, buf_str(&record.header));
    buf_append_str(out, buf_str(&record.body));
    out->failed |= record.header.failed || record.body.failed;
    buf_finish(&record.header);
    buf_finish(&record.body);
    buf_finish(&record.raw);
    ZSTD_freeCCtx(record.zstd);
}

/* ---- reading ---- */

static enum err_code malformed(struct err *err, const char *what) {
    return err_set(err, ERR_CORRUPT, "a segment's overview is damaged: %s", what);
}

static void read_part(struct byte_reader *in, struct overview_part *part, uint32_t count, uint32_t raw_max, uint64_t *offset) {
    part->count = bytes_count(in, count);
    part->raw_size = bytes_count(in, raw_max);
    part->size_bytes = bytes_count(in, RECORD_MAX);
    part->offset = *offset;
    *offset += part->size_bytes;
}

enum err_code overview_read_header(struct overview_header *out, struct str begin, uint64_t record_size, uint32_t value_count,
                                   uint32_t row_count, struct err *err) {
    struct byte_reader in = bytes_from(begin);
    uint64_t offset = 0;

    *out = (struct overview_header){ .bucket_stride = OVERVIEW_BUCKET, .sample_stride = finest_samples(value_count, row_count) };
    if (bytes_u8(&in) != OVERVIEW_VERSION)
        return malformed(err, "its version");
    out->bucket_levels = bytes_u8(&in);
    out->sample_levels = bytes_u8(&in);
    if (out->bucket_levels > OVERVIEW_LEVELS_MAX || out->sample_levels > OVERVIEW_LEVELS_MAX)
        return malformed(err, "its levels");
    read_part(&in, &out->nulls, row_count, RECORD_MAX, &offset);
    for (uint32_t i = 0; i < out->bucket_levels; i++)
        read_part(&in, &out->buckets[i], part_count(value_count, overview_scale(out->bucket_stride, i)), RECORD_MAX, &offset);
    for (uint32_t i = 0; i < out->sample_levels; i++)
        read_part(&in, &out->samples[i], part_count(value_count, overview_scale(out->sample_stride, i)), RECORD_MAX, &offset);
    uint64_t header_size = begin.len - bytes_left(&in);
    if (in.failed || header_size + offset != record_size)
        return malformed(err, "its sizes");
    out->nulls.offset += header_size;
    for (uint32_t i = 0; i < OVERVIEW_LEVELS_MAX; i++) {
        out->buckets[i].offset += header_size;
        out->samples[i].offset += header_size;
    }
    return OK;
}

static enum err_code inflate(struct byte_reader *in, const struct overview_part *part, struct str bytes, struct arena *arena,
                             struct err *err) {
    struct str raw;
    if (!inflate_exactly(&raw, bytes, part->raw_size, arena))
        return malformed(err, "a part does not inflate");
    *in = bytes_from(raw);
    return OK;
}

static bool read_integers(struct byte_reader *in, int64_t **out, uint32_t count, struct arena *arena) {
    *out = ARENA_ARRAY(arena, int64_t, count);
    return decode_deltas(in, *out, count);
}

/* Integers of 32 bits, none of them negative. */
static bool read_small(struct byte_reader *in, uint32_t **out, uint32_t count, struct arena *arena) {
    int64_t *wide;
    uint32_t *small = ARENA_ARRAY(arena, uint32_t, count);

    if (!read_integers(in, &wide, count, arena))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (wide[i] < 0 || wide[i] > UINT32_MAX)
            return false;
        small[i] = (uint32_t)wide[i];
    }
    *out = small;
    return true;
}

static bool read_words(struct byte_reader *in, void *out, uint32_t count, struct arena *arena) {
    uint64_t *words = ARENA_ARRAY(arena, uint64_t, count);
    bool is_good = decode_split(bytes_take(in, (uint64_t)count * 8), words, count);
    memcpy(out, &words, sizeof(words));
    return is_good;
}

enum err_code overview_read_nulls(uint32_t **out, const struct overview_part *part, struct str bytes, uint32_t row_count,
                                  struct arena *arena, struct err *err) {
    struct byte_reader in;

    TRY(inflate(&in, part, bytes, arena, err));
    if (!read_small(&in, out, part->count, arena))
        return malformed(err, "its nulls");
    for (uint32_t i = 0; i < part->count; i++)
        if ((*out)[i] >= row_count || (i > 0 && (*out)[i] <= (*out)[i - 1]))
            return malformed(err, "its nulls");
    return OK;
}

enum err_code overview_read_buckets(struct overview_buckets *out, const struct overview_header *header, uint32_t level,
                                    struct str bytes, struct arena *arena, struct err *err) {
    const struct overview_part *part = &header->buckets[level];
    uint32_t count = part->count;
    struct byte_reader in;

    *out = (struct overview_buckets){ .count = count, .stride = overview_scale(header->bucket_stride, level) };
    TRY(inflate(&in, part, bytes, arena, err));
    bool is_good = read_small(&in, &out->finite, count, arena) && read_small(&in, &out->nonfinite, count, arena) &&
                   read_small(&in, &out->min_rows, count, arena) && read_small(&in, &out->max_rows, count, arena) &&
                   read_small(&in, &out->last_rows, count, arena) && read_integers(&in, &out->min_steps, count, arena) &&
                   read_integers(&in, &out->max_steps, count, arena) &&
                   read_integers(&in, &out->first_steps, count, arena) &&
                   read_integers(&in, &out->last_steps, count, arena) && read_words(&in, &out->min, count, arena) &&
                   read_words(&in, &out->max, count, arena) && read_words(&in, &out->last, count, arena) &&
                   read_words(&in, &out->mean, count, arena);
    return is_good ? OK : malformed(err, "its buckets");
}

enum err_code overview_read_samples(struct overview_samples *out, const struct overview_header *header, uint32_t level,
                                    struct str bytes, struct arena *arena, struct err *err) {
    const struct overview_part *part = &header->samples[level];
    uint32_t count = part->count;
    struct byte_reader in;

    *out = (struct overview_samples){ .count = count, .stride = overview_scale(header->sample_stride, level) };
    TRY(inflate(&in, part, bytes, arena, err));
    bool is_good = read_small(&in, &out->rows, count, arena) && read_integers(&in, &out->steps, count, arena) &&
                   read_words(&in, &out->values, count, arena);
    return is_good ? OK : malformed(err, "its samples");
}
