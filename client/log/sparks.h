/* sparks.h - the course of a run's metrics in a few numbers each, for whoever looks at a terminal.
 *
 * Threads: one owner. Memory: fixed, but for the names.
 */
#ifndef CLIENT_SPARKS_H
#define CLIENT_SPARKS_H

#include "client/log/tree.h"

enum { SPARKS_MAX = 24, SPARK_PARTS = 64 };

struct spark {
    char *name;
    double sums[SPARK_PARTS];
    uint64_t counts[SPARK_PARTS];
    uint64_t width; /* values a part; doubled when all are full */
    size_t part_count;
};

struct sparks {
    bool is_wanted;
    struct spark list[SPARKS_MAX];
    size_t count;
};

void sparks_finish(struct sparks *sparks);
/* A row's numbers at the top level; names that begin with '_' are not drawn. */
void sparks_take(struct sparks *sparks, const struct tree *row);
/* {"loss":[2.5,1.25],...} */
void sparks_write(const struct sparks *sparks, struct buf *out);

#endif
