/* chart_compact.c - see chart_compact.h. */
#include "server/api/charts/chart_compact.h"

#include <math.h>

enum {
    BLOCK = CHART_COMPACT_BLOCK,
    PRECISION = 51, /* bits of the largest multiple: differences of two are still exact in a double */
    EXPONENT_MIN = -1020,
    DECIMALS_MAX = 9,
    PARTS = 16, /* of a bucket, to which x is rounded */
    SERIES_HEAD_BYTES = 28,
    SHAPE_DELTA = 0x80, /* of a column's first byte; below it the width */
};
enum code { CODE_RAW = 0, CODE_BINARY = 1, CODE_DECIMAL = 2, CODE_BINARY_EXACT = 3, CODE_PARTS = 4 };
enum mark { MARK_NONFINITE = 1, MARK_EMPTY = 2 };                 /* of a bucket, together */
enum { MARK_NAN = 1, MARK_PLUS_INFINITY = 2, MARK_MINUS_INFINITY = 3 }; /* of a point */

/* What is left of a series: finite numbers, and marks where there were others. low and high are NULL for points. */
struct columns {
    const double *x;
    double *y, *low, *high;
    uint8_t *marks; /* NULL: all are 0 */
    size_t count;
    double x_from, bucket_width;
};

/* ---- whole numbers ---- */

static void put_varint(struct buf *out, uint64_t value) {
    while (value >= 0x80) {
        buf_append_char(out, (char)(value | 0x80));
        value >>= 7;
    }
    buf_append_char(out, (char)value);
}

static void put_signed(struct buf *out, int64_t value) {
    put_varint(out, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

static int width_of(uint64_t value) {
    return value == 0 ? 0 : 64 - __builtin_clzll(value);
}

/* The lowest bits of each, one after the other, the first in the lowest bits of the first byte. */
static void put_bits(struct buf *out, const int64_t *values, size_t count, int64_t base, int width) {
    uint8_t packed[BLOCK * sizeof(uint64_t)];
    unsigned __int128 pending = 0;
    size_t size = 0;
    int held = 0;
    for (size_t i = 0; i < count; i++) {
        pending |= (unsigned __int128)(uint64_t)(values[i] - base) << held;
        for (held += width; held >= 8; held -= 8) {
            packed[size++] = (uint8_t)pending;
            pending >>= 8;
        }
    }
    if (held > 0)
        packed[size++] = (uint8_t)pending;
    buf_append(out, packed, size);
}

static void find_range(const int64_t *values, size_t count, int64_t *least, int *width) {
    int64_t greatest = values[0];
    *least = values[0];
    for (size_t i = 1; i < count; i++) {
        *least = values[i] < *least ? values[i] : *least;
        greatest = values[i] > greatest ? values[i] : greatest;
    }
    *width = width_of((uint64_t)(greatest - *least));
}

/* At most BLOCK values: as they are over the least of them, or as differences when these are narrower. */
static void put_column(struct buf *out, const int64_t *values, size_t count) {
    int64_t steps[BLOCK], least, least_step = 0;
    int width, step_width = PRECISION + 2;
    find_range(values, count, &least, &width);
    for (size_t i = 1; i < count; i++)
        steps[i - 1] = values[i] - values[i - 1];
    if (count > 1)
        find_range(steps, count - 1, &least_step, &step_width);
    bool is_delta = (count - 1) * (size_t)step_width + 16 < count * (size_t)width;
    buf_append_char(out, (char)(is_delta ? SHAPE_DELTA | step_width : width));
    put_signed(out, is_delta ? least_step : least);
    if (!is_delta) {
        put_bits(out, values, count, least, width);
        return;
    }
    put_signed(out, values[0]);
    put_bits(out, steps, count - 1, least_step, step_width);
}

/* ---- steps ---- */

/* The library's functions are calls, for the sake of processors without the instruction; there are many values. Below 2^51. */
static double round_nearest(double value) {
    return value + 0x1.8p52 - 0x1.8p52;
}

static double round_down(double value) {
    double whole = round_nearest(value);
    return whole > value ? whole - 1 : whole;
}

static double round_up(double value) {
    double whole = round_nearest(value);
    return whole < value ? whole + 1 : whole;
}

static double lesser(double a, double b) {
    return a < b ? a : b;
}

static double greater(double a, double b) {
    return a > b ? a : b;
}

/* 2^exponent > |value|, as small as it may be. */
static int exponent_of(double value) {
    int exponent = EXPONENT_MIN;
    if (value != 0)
        (void)frexp(value, &exponent);
    return exponent;
}

/* The exponent of the lowest bit that is set. */
static int lowest_bit_of(double value) {
    int exponent;
    if (value == 0)
        return INT16_MAX;
    int64_t mantissa = (int64_t)ldexp(frexp(value, &exponent), 53);
    return exponent - 53 + __builtin_ctzll((uint64_t)mantissa);
}

static bool is_decimal(double value, double power) {
    double whole = round_nearest(value * power);
    return fabs(value) * power < 0x1p51 && whole / power == value;
}

/* How many decimals say all of the values exactly; -1 when too many do not. */
static int find_decimals(const double *const *columns, size_t column_count, size_t count) {
    double power = 1;
    int decimals = 0;
    for (size_t c = 0; c < column_count; c++)
        for (size_t i = 0; i < count; i++)
            while (!is_decimal(columns[c][i], power)) {
                if (++decimals > DECIMALS_MAX)
                    return -1;
                power *= 10;
            }
    return decimals;
}

/* ---- x ---- */

static bool are_whole(const double *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!is_decimal(values[i], 1))
            return false;
    return true;
}

/* What has no place on the axis, as NaN, is at its beginning. */
static int64_t whole_of(double x) {
    return fabs(x) < 0x1p62 ? (int64_t)round_down(x) : 0;
}

static void put_whole_x(struct buf *out, const struct columns *columns, double from, double scale) {
    int64_t whole[BLOCK];
    for (size_t first = 0; first < columns->count; first += BLOCK) {
        size_t n = columns->count - first < BLOCK ? columns->count - first : BLOCK;
        for (size_t i = 0; i < n; i++)
            whole[i] = whole_of((columns->x[first + i] - from) * scale);
        put_column(out, whole, n);
    }
}

/* Points have no buckets that they could be a part of. */
static enum code put_binary_x(struct buf *out, const struct columns *columns) {
    int finest = exponent_of(greater(fabs(columns->x[0]), fabs(columns->x[columns->count - 1]))) - PRECISION;
    int exponent = exponent_of(columns->bucket_width / PARTS) - 1;
    exponent = exponent < finest ? finest : exponent;
    exponent = exponent < EXPONENT_MIN ? EXPONENT_MIN : exponent;
    buf_append_u16(out, (uint16_t)(int16_t)exponent);
    put_whole_x(out, columns, 0, ldexp(1, -exponent));
    return CODE_BINARY;
}

/* Steps stay exact where they are regular. What is rounded stays in its bucket, so that a reader can ask for just that one. */
static enum code put_x(struct buf *out, const struct columns *columns, size_t bucket_count) {
    size_t begin = out->len;
    if (are_whole(columns->x, columns->count)) {
        buf_append_u16(out, 0);
        put_whole_x(out, columns, 0, 1);
        if (out->len - begin <= columns->count / 2 + BLOCK)
            return CODE_DECIMAL;
        out->len = begin;
    }
    if (columns->low == NULL)
        return put_binary_x(out, columns);
    buf_append_u32(out, (uint32_t)bucket_count * PARTS);
    put_whole_x(out, columns, columns->x_from, columns->bucket_width > 0 ? PARTS / columns->bucket_width : 0);
    return CODE_PARTS;
}

/* ---- y ---- */

struct block {
    size_t first, end;
    int top;       /* exponent of the largest value */
    int widths[3]; /* exponents of how far y, and where there are any, y over low, low and high over low reach */
};

struct y_writer {
    const struct columns *columns;
    struct block *blocks;
    size_t block_count;
    int top; /* of all blocks */
    bool is_log;
    enum code code;
    int decimals;
    int coarseness; /* bits that are given up of PRECISION */
};

static void look_at_block(struct block *block, const struct columns *c, size_t first, size_t end) {
    double least[3] = { INFINITY, INFINITY, INFINITY }, greatest[3] = { -INFINITY, -INFINITY, -INFINITY }, largest = 0;
    for (size_t i = first; i < end; i++) {
        double low = c->low == NULL ? c->y[i] : c->low[i], high = c->low == NULL ? c->y[i] : c->high[i];
        double values[3] = { low, high - low, c->y[i] - low };
        largest = greater(largest, greater(fabs(low), fabs(high)));
        for (size_t k = 0; k < 3; k++) {
            least[k] = lesser(least[k], values[k]);
            greatest[k] = greater(greatest[k], values[k]);
        }
    }
    *block = (struct block){ .first = first, .end = end, .top = exponent_of(largest) };
    for (size_t k = 0; k < 3; k++)
        block->widths[k] = exponent_of(greatest[k] - least[k]);
}

static void look_at_blocks(struct y_writer *writer, struct arena *arena) {
    size_t count = writer->columns->count;
    writer->blocks = ARENA_ARRAY(arena, struct block, count / BLOCK + 1);
    writer->top = EXPONENT_MIN;
    for (size_t first = 0; first < count; first += BLOCK) {
        struct block *block = &writer->blocks[writer->block_count++];
        look_at_block(block, writer->columns, first, first + BLOCK < count ? first + BLOCK : count);
        writer->top = block->top > writer->top ? block->top : writer->top;
    }
}

static int exponent_at(const struct y_writer *writer, const struct block *block) {
    int exponent = (writer->is_log ? block->top : writer->top) - PRECISION + writer->coarseness;
    return exponent < EXPONENT_MIN ? EXPONENT_MIN : exponent > 1023 ? 1023 : exponent;
}

/* Columns of points have one kind of value, whose distances to itself take no bits. */
static size_t estimate_bits(const struct y_writer *writer) {
    size_t bits = 0;
    for (size_t b = 0; b < writer->block_count; b++) {
        const struct block *block = &writer->blocks[b];
        int exponent = exponent_at(writer, block);
        for (size_t k = 0; k < 3; k++)
            bits += block->widths[k] <= exponent ? 0 : (block->end - block->first) * (size_t)(block->widths[k] - exponent);
    }
    return bits;
}

static void put_block(struct buf *out, const struct y_writer *writer, const struct block *block) {
    const struct columns *columns = writer->columns;
    int64_t y[BLOCK], low[BLOCK], high[BLOCK];
    bool is_decimal = writer->code == CODE_DECIMAL;
    int exponent = is_decimal ? writer->decimals : exponent_at(writer, block);
    double scale = is_decimal ? pow(10, exponent) : ldexp(1, -exponent);
    size_t count = block->end - block->first;

    buf_append_u16(out, (uint16_t)(int16_t)exponent);
    for (size_t i = 0; i < count; i++)
        y[i] = (int64_t)round_nearest(columns->y[block->first + i] * scale);
    if (columns->low != NULL) {
        for (size_t i = 0; i < count; i++) {
            double lowest = columns->low[block->first + i] * scale, highest = columns->high[block->first + i] * scale;
            low[i] = (int64_t)(is_decimal ? round_nearest(lowest) : round_down(lowest));
            high[i] = (int64_t)(is_decimal ? round_nearest(highest) : round_up(highest)) - low[i];
            y[i] -= low[i];
        }
        put_column(out, low, count);
        put_column(out, high, count);
    }
    put_column(out, y, count);
}

/* False, and nothing is written, when it does not fit. */
static bool put_y_as(struct buf *out, struct y_writer *writer, enum code code, size_t bytes_max) {
    size_t begin = out->len;
    writer->code = code;
    for (size_t b = 0; b < writer->block_count && out->len - begin <= bytes_max; b++)
        put_block(out, writer, &writer->blocks[b]);
    if (out->len - begin <= bytes_max)
        return true;
    out->len = begin;
    return false;
}

/* Bits that can be given up without rounding anything; negative when PRECISION is not enough. */
static int find_exact(const struct y_writer *writer) {
    const struct columns *c = writer->columns;
    int lowest = INT16_MAX;
    for (size_t i = 0; i < c->count && lowest >= writer->top - PRECISION; i++) {
        int bit = lowest_bit_of(c->y[i]);
        if (c->low != NULL) {
            int of_low = lowest_bit_of(c->low[i]), of_high = lowest_bit_of(c->high[i]);
            bit = of_low < bit ? of_low : bit;
            bit = of_high < bit ? of_high : bit;
        }
        lowest = bit < lowest ? bit : lowest;
    }
    return lowest - (writer->top - PRECISION);
}

static bool put_y_exactly(struct buf *out, struct y_writer *writer, size_t bytes_max) {
    const struct columns *c = writer->columns;
    const double *const all[] = { c->y, c->low, c->high };
    bool is_log = writer->is_log;
    writer->decimals = find_decimals(all, c->low == NULL ? 1 : 3, c->count);
    bool has_room = writer->decimals >= 0 && ldexp(pow(10, writer->decimals), writer->top) <= 0x1p52;
    if (has_room && put_y_as(out, writer, CODE_DECIMAL, bytes_max))
        return true;
    writer->is_log = false;
    writer->coarseness = find_exact(writer);
    if (writer->coarseness >= 0 && estimate_bits(writer) / 8 <= bytes_max && put_y_as(out, writer, CODE_BINARY_EXACT, bytes_max))
        return true;
    writer->is_log = is_log;
    return false;
}

static enum code put_y(struct buf *out, const struct columns *columns, bool is_log, size_t bytes_max, struct arena *arena) {
    struct y_writer writer = { .columns = columns, .is_log = is_log };
    size_t per_step = columns->count * (columns->low == NULL ? 1 : 3), bits;
    look_at_blocks(&writer, arena);
    if (put_y_exactly(out, &writer, bytes_max))
        return writer.code;
    writer.coarseness = 0;
    while (writer.coarseness < PRECISION && (bits = estimate_bits(&writer)) > 8 * bytes_max)
        writer.coarseness += (int)((bits - 8 * bytes_max + per_step - 1) / per_step);
    writer.coarseness = writer.coarseness > PRECISION ? PRECISION : writer.coarseness;
    while (!put_y_as(out, &writer, CODE_BINARY, writer.coarseness < PRECISION ? bytes_max : SIZE_MAX))
        writer.coarseness++;
    return CODE_BINARY;
}

/* ---- from a chart to columns ---- */

static void take_points(struct columns *out, const struct history_chart *chart, struct arena *arena) {
    double before = 0;
    out->x = chart->x;
    out->y = ARENA_ARRAY(arena, double, out->count);
    for (size_t i = 0; i < out->count; i++) {
        double value = chart->y[i];
        if (!isfinite(value)) {
            out->marks = out->marks != NULL ? out->marks : ARENA_ARRAY(arena, uint8_t, out->count);
            out->marks[i] = isnan(value) ? MARK_NAN : value > 0 ? MARK_PLUS_INFINITY : MARK_MINUS_INFINITY;
            value = before;
        }
        out->y[i] = before = value;
    }
}

/* Lines cross the edge of the view within the same column of pixels wherever a value beyond it lies, unless there is a gap. */
static double bring_nearer(double value, const struct chart_compact_spec *spec, bool is_beside_gap) {
    double reach = (spec->high - spec->low) / 8;
    return is_beside_gap || !isfinite(reach) ? value : lesser(greater(value, spec->low - reach), spec->high + reach);
}

static void take_buckets(struct columns *out, const struct history_chart *chart, const struct chart_compact_spec *spec,
                         struct arena *arena) {
    double *x = ARENA_ARRAY(arena, double, out->count), before = 0, gap = 2 * out->bucket_width;
    out->x = x;
    out->y = ARENA_ARRAY(arena, double, out->count);
    out->low = ARENA_ARRAY(arena, double, out->count);
    out->high = ARENA_ARRAY(arena, double, out->count);
    for (size_t i = 0; i < out->count; i++) {
        const struct history_bucket *b = &chart->buckets[i];
        bool is_beside_gap = (i > 0 && b->x_last - b[-1].x_last > gap) ||
                             (i + 1 < out->count && b[1].x_last - b->x_last > gap);
        x[i] = b->x_last;
        if (b->nonfinite > 0) {
            out->marks = out->marks != NULL ? out->marks : ARENA_ARRAY(arena, uint8_t, out->count);
            out->marks[i] = b->count == 0 ? MARK_NONFINITE | MARK_EMPTY : MARK_NONFINITE;
        }
        if (b->count == 0) {
            out->y[i] = out->low[i] = out->high[i] = before;
            continue;
        }
        out->low[i] = bring_nearer(b->min, spec, is_beside_gap);
        out->high[i] = bring_nearer(b->max, spec, is_beside_gap);
        out->y[i] = before = lesser(greater(spec->is_mean ? b->mean : b->last, out->low[i]), out->high[i]);
    }
}

/* ---- a series ---- */

uint64_t chart_rows(const struct history_chart *chart) {
    uint64_t rows = chart->point_count;
    for (size_t i = 0; i < chart->bucket_count; i++)
        rows += (uint64_t)chart->buckets[i].count;
    return rows;
}

static void put_doubles(struct buf *out, const double *values, size_t count) {
    buf_append(out, values, count * sizeof *values);
}

static void put_marks(struct buf *out, const struct columns *columns) {
    for (size_t i = 0; columns->marks != NULL && i < columns->count; i += 4) {
        uint8_t packed = 0;
        for (size_t k = i; k < i + 4 && k < columns->count; k++)
            packed |= (uint8_t)(columns->marks[k] << (2 * (k - i)));
        buf_append_char(out, (char)packed);
    }
}

static bool has_strange_x(const struct columns *columns) {
    return !isfinite(columns->x[0]) || !isfinite(columns->x[columns->count - 1]); /* they are in order */
}

static void put_columns(struct buf *out, const struct columns *columns, const struct chart_compact_spec *spec, size_t bytes_max,
                        size_t codes_at, struct arena *arena) {
    size_t begin = out->len;
    bool is_small = columns->low == NULL && 16 * columns->count <= bytes_max;
    uint8_t x_code = CODE_RAW, y_code = CODE_RAW;
    if (is_small || has_strange_x(columns))
        put_doubles(out, columns->x, columns->count);
    else
        x_code = (uint8_t)put_x(out, columns, spec->bucket_count);
    size_t used = out->len - begin;
    if (is_small)
        put_doubles(out, columns->y, columns->count);
    else
        y_code = (uint8_t)put_y(out, columns, spec->is_log, used < bytes_max ? bytes_max - used : 0, arena);
    if (out->failed)
        return;
    out->ptr[codes_at] = (char)x_code;
    out->ptr[codes_at + 1] = (char)y_code;
}

void chart_compact_append(struct buf *out, uint32_t run, uint32_t key, const struct history_chart *chart,
                          const struct chart_compact_spec *spec, struct arena *arena) {
    bool is_exact = chart->is_exact;
    struct columns columns = { .count = is_exact ? chart->point_count : chart->bucket_count,
                               .x_from = chart->x_from,
                               .bucket_width = (chart->x_to - chart->x_from) / (double)spec->bucket_count };
    size_t bytes_max = spec->bucket_count * CHART_COMPACT_BYTES_PER_BUCKET, begin = out->len;
    if (is_exact)
        take_points(&columns, chart, arena);
    else
        take_buckets(&columns, chart, spec, arena);

    buf_append_u32(out, run);
    buf_append_u32(out, key);
    buf_append(out, (const uint8_t[]){ is_exact ? 0 : 1, 0, 0, columns.marks != NULL }, 4);
    buf_append_u32(out, (uint32_t)columns.count);
    buf_append_u64(out, chart_rows(chart));
    buf_append_u32(out, 0);
    if (!is_exact) {
        const struct history_bucket *last = &chart->buckets[columns.count - 1];
        put_doubles(out, (const double[]){ chart->buckets[0].x_first, last->x_last, chart->x_from, chart->x_to }, 4);
    }
    put_marks(out, &columns);
    size_t used = out->len - begin;
    bytes_max = bytes_max < CHART_COMPACT_BYTES_MIN ? CHART_COMPACT_BYTES_MIN : bytes_max;
    put_columns(out, &columns, spec, used < bytes_max ? bytes_max - used : 0, begin + 9, arena);
    uint32_t size = (uint32_t)(out->len - begin - SERIES_HEAD_BYTES);
    if (!out->failed)
        memcpy(out->ptr + begin + SERIES_HEAD_BYTES - sizeof size, &size, sizeof size);
}
