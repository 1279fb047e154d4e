/* inflate.h - undoing zstd when it is known how large the result is, without believing it before it is seen. */
#ifndef SERVER_HISTORY_INFLATE_H
#define SERVER_HISTORY_INFLATE_H

#include "base/arena.h"

/* False unless packed inflates to exactly raw_size bytes. Memory for an unlikely size is taken only once the frame was
 * seen to fill it. */
MUST_CHECK bool inflate_exactly(struct str *raw, struct str packed, size_t raw_size, struct arena *arena);

#endif
