/* number.h - numbers to text and back, exact both ways. Implemented with the C++ library's charconv. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { NUMBER_TEXT_MAX = 32 };

/* The shortest text that reads back as the same double, without terminator; returns its length. An integral
 * value gets ".0" ("1.0", "1e+30"), so that a reader sees a double. NaN, Infinity and -Infinity by name. */
size_t number_from_double(char out[NUMBER_TEXT_MAX], double value);
size_t number_from_i64(char out[NUMBER_TEXT_MAX], int64_t value);
size_t number_from_u64(char out[NUMBER_TEXT_MAX], uint64_t value);

/* The whole text, JSON's grammar for numbers (a caller has checked it). Out of range gives infinity or 0. */
double number_to_double(const char *text, size_t len);

#ifdef __cplusplus
}
#endif

#endif
