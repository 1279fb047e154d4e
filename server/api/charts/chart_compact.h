/* chart_compact.h - a series of a chart in at most four bytes a bucket: version 2 of the format in docs/web-api.md.
 *
 * Values become whole multiples of a step, which is as fine as the bytes allow and lies in the answer; what decimals or
 * binary fractions can say exactly within the bytes stays exact. Where it cannot, lows are rounded down and highs up, so
 * that what was logged always lies inside of what is drawn. Blocks of 128 values have widths of their own: a spike makes
 * its neighbours wider, not the whole line coarser.
 */
#ifndef SERVER_API_CHART_COMPACT_H
#define SERVER_API_CHART_COMPACT_H

#include "server/history/history.h"

enum { CHART_COMPACT_BYTES_PER_BUCKET = 4, CHART_COMPACT_BYTES_MIN = 256, CHART_COMPACT_BLOCK = 128 };

struct chart_compact_spec {
    size_t bucket_count; /* asked for; as many times 4 bytes are allowed, or CHART_COMPACT_BYTES_MIN */
    bool is_mean;        /* of buckets the mean, not the last value */
    bool is_log;         /* steps grow with the values, as they do on a logarithmic axis */
    double low, high;    /* the part of y in view, -INFINITY and INFINITY for all: what lies far beyond may be brought nearer */
};

void chart_compact_append(struct buf *out, uint32_t run, uint32_t key, const struct history_chart *chart,
                          const struct chart_compact_spec *spec, struct arena *arena);

/* How many rows stand behind a chart. */
uint64_t chart_rows(const struct history_chart *chart);

#endif
