/* str.h - a borrowed piece of text: a pointer and a length, not terminated, valid as long as its owner says.
 *
 * For reading; to build text use struct buf. Nothing here allocates.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    const char *ptr;
    size_t len;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })
#define STR_INIT(literal) { (literal), sizeof(literal) - 1 }
#define STR_EMPTY ((struct str){ "", 0 })
/* For printf: "%.*s", STR_ARG(name). */
#define STR_ARG(s) (int)((s).len), (s).ptr

/* A NULL pointer gives the empty str. Only for text of ours: outside bytes come with their length. */
struct str str_from_c(const char *text);
struct str str_from_environment(const char *name); /* empty when it is not set */

bool str_eq(struct str a, struct str b);
bool str_eq_c(struct str a, const char *b);
bool str_eq_ignore_case(struct str a, struct str b); /* ASCII only */
int str_compare(struct str a, struct str b);         /* by bytes; <0, 0, >0 */
bool str_starts_with(struct str text, struct str prefix);
bool str_ends_with(struct str text, struct str suffix);
bool str_contains(struct str text, struct str needle);

struct str str_from(struct str text, size_t first);              /* empty when first is past the end */
struct str str_slice(struct str text, size_t first, size_t len); /* cut to what is there */
struct str str_trim(struct str text);                            /* spaces, tabs, CR, LF */

/* Splits at the first separator: *head gets what is before it, *rest what is after. False, and *head is the
 * whole text, when there is none. */
bool str_cut(struct str text, char separator, struct str *head, struct str *rest);

/* Decimal digits only, the whole text; false on anything else or overflow. */
bool str_to_u64(struct str text, uint64_t *out);
bool str_to_i64(struct str text, int64_t *out); /* one leading '-' allowed */

bool str_is_utf8(struct str text);
/* Length of the well-formed UTF-8 sequence that text begins with; 0 when it is malformed or text is empty. */
size_t str_utf8_len(struct str text);

#endif
