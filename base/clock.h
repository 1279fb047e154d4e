/* clock.h - what time it is. Wall time is Unix time in milliseconds UTC; durations use the monotonic clock. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/str.h"

int64_t clock_wall_ms(void);
/* What clock_wall_ms answers is shifted from now on, in the whole process: servers that share a database go by its clock. */
void clock_shift_wall_ms(int64_t by_ms);
int64_t clock_mono_ns(void);
int64_t clock_mono_ms(void);

#define CLOCK_ISO_MAX sizeof("2026-11-21T01:52:54.733Z")

/* "2026-11-21T01:52:54.733Z"; years 1970 to 9999, clamped. */
void clock_format_iso(char out[CLOCK_ISO_MAX], int64_t wall_ms);

/* ISO 8601 date, or date and time with optional fraction and zone (none means UTC). False on anything else. */
bool clock_parse_iso(struct str text, int64_t *wall_ms);

#endif
