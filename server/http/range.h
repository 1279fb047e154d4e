/* range.h - which part of a file a request asks for, and whether it has it already.
 *
 * Threads: none of its own. Memory: none.
 */
#ifndef SERVER_HTTP_RANGE_H
#define SERVER_HTTP_RANGE_H

#include "base/str.h"

enum range_kind {
    RANGE_WHOLE,         /* no range, or one that is to be ignored */
    RANGE_PART,          /* first and length are set */
    RANGE_UNSATISFIABLE, /* 416 */
    RANGE_REFUSED,       /* more than one: 400 */
};

struct range {
    enum range_kind kind;
    uint64_t first, length;
};

/* value: of the Range header, ptr NULL when there is none. size: of the whole. */
struct range range_parse(struct str value, uint64_t size);

/* If-None-Match: "*" or a list of tags, compared without regard to "W/". */
bool etag_matches_any(struct str list, struct str etag);

#endif
