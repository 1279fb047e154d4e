/* fuzz_clock.c - a date that was read and is within the years that can be written reads back the same. */
#include "base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    const int64_t last_ms = 253402300799999;
    char text[CLOCK_ISO_MAX];
    int64_t wall_ms, again;

    if (!clock_parse_iso((struct str){ (const char *)data, size_bytes }, &wall_ms))
        return 0;
    clock_format_iso(text, wall_ms);
    if (!clock_parse_iso(str_from_c(text), &again))
        abort();
    if (wall_ms >= 0 && wall_ms <= last_ms && again != wall_ms)
        abort();
    return 0;
}
