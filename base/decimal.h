/* decimal.h - the shortest decimal text of a double, for those of everyday size.
 *
 * Threads: no state. Memory: none.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stddef.h>

enum { DECIMAL_TEXT_MAX = 32 };

#ifdef __cplusplus
extern "C" {
#endif

/* Among the texts that read back as the same double the one with the fewest digits, of those the closest; with an
 * exponent where that is shorter, and otherwise a point ("1.0"). Without terminator; returns its length. 0 for what it
 * does not know: 1e14 and more, fractions below 2e-22, and what is not finite. All of the room may be written to. */
size_t decimal_from_double(char out[DECIMAL_TEXT_MAX], double value);

#ifdef __cplusplus
}
#endif

#endif
