/* names.h - what names from outside may look like, and the names that are made up for runs. */
#ifndef SERVER_STORE_NAMES_H
#define SERVER_STORE_NAMES_H

#include "base/arena.h"

/* ERR_BAD_INPUT unless it is 1 to max_bytes bytes of UTF-8 without control characters and / \ # ? % : which
 * would be ambiguous in paths, links and storage ids. "." and ".." are not names either. */
MUST_CHECK enum err_code name_check(struct str name, const char *what, size_t max_bytes, struct err *err);
/* For free text, ptr NULL too: UTF-8 without NUL, at most max_bytes. */
MUST_CHECK enum err_code name_check_text(struct str text, const char *what, size_t max_bytes,
                                         struct err *err);

/* "brisk-gale-12": by a random number, and the run's own among all of its project. */
struct str name_make_up(uint32_t random, int64_t number, bool is_of_sweep, struct arena *arena);

/* Splits base64("Run:v1:a:b:c") into exactly `count` parts, none empty. */
bool name_split_storage_id(struct str storage_id, const char *prefix, struct str *parts, size_t count,
                           struct arena *arena);

#endif
