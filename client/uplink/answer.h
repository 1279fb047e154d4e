/* answer.h - looking into the JSON that a server answered, without a tree and without memory.
 *
 * Threads: none of its own. Memory: results borrow the text.
 */
#ifndef CLIENT_ANSWER_H
#define CLIENT_ANSWER_H

#include "base/buf.h"

/* The whole text of a value below objects: answer_find(json, &raw, "data", "viewer", NULL). False when it is not
 * there or the text is not JSON. */
bool answer_find(struct str json, struct str *raw, ...) __attribute__((sentinel));
bool answer_element(struct str array, size_t index, struct str *raw);
/* Appends what a JSON string says; false when raw is not a string. */
bool answer_text(struct str raw, struct buf *out);
bool answer_int(struct str raw, int64_t *out);

#endif
