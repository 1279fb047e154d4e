/* sampler.h - the rows that are chosen of a run, from sampler.c that chooses to samples.c that fetches and answers. */
#ifndef SERVER_HISTORY_SAMPLER_H
#define SERVER_HISTORY_SAMPLER_H

#include "server/history/history_state.h"
#include "server/history/rows.h"

struct candidate {
    struct row_ref ref;
    double value; /* NaN when the key is no number */
    union value exact; /* the same as it is stored ... */
    bool has_exact;    /* ... when it is known */
    bool is_kept;
};

/* What one source has of the spec. */
struct part {
    uint32_t source, first, end; /* rows in the range */
    uint32_t *columns;           /* for each key */
    uint32_t primary;            /* the column of the sparsest key */
    uint32_t occurrences;        /* of it, within the range or a little more */
    bool has_overview;
};

struct sampling {
    struct view *view;
    const struct history_sample_spec *spec;
    struct str *keys; /* without repeats, without _step where each row has one */
    size_t key_count;
    bool wants_step;
    struct part *parts;
    size_t part_count;
    uint64_t rows, occurrences; /* of all parts */
    int64_t last_step;          /* the highest of parts whose end is in the range */
    struct candidate *candidates;
    size_t count, room;
    struct candidate least, greatest; /* of all buckets; is_kept: there is one */
};

/* Fills everything but view and spec, which are set before: the rows to answer with are in candidates. */
MUST_CHECK enum err_code sampling_choose(struct sampling *sampling, struct err *err);
/* The coarsest level that still gives `wanted` entries, or the finest. */
uint32_t sampling_level(uint64_t occurrences, uint32_t finest, uint32_t levels, uint64_t wanted);

#endif
