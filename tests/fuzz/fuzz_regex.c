/* fuzz_regex.c - a pattern, a newline, a text: compiles or says why not, and matches in bounded work. */
#include "server/store/runs/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct str pattern, text;
    struct arena *arena = arena_create();
    struct regex *regex;
    struct err err;

    (void)str_cut((struct str){ (const char *)data, size_bytes }, '\n', &pattern, &text);
    if (str_is_utf8(text) && regex_compile(&regex, pattern, 0, arena, &err) == OK) {
        bool first = regex_matches(regex, text);
        if (regex_matches(regex, text) != first)
            abort(); /* what was remembered from the first time changes no answer */
        if (regex_work(regex) > 40 * (text.len + 2) * (REGEX_INSTRUCTIONS_MAX + 100))
            abort();
    }
    arena_destroy(arena);
    return 0;
}
