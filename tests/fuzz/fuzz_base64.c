/* fuzz_base64.c - any bytes survive both alphabets and hex, and text that is read is the one spelling of its bytes. */
#include "base/hash.h"

#define CHECK(claim)                                                                                         \
    do {                                                                                                     \
        if (!(claim))                                                                                        \
            abort();                                                                                         \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

/* The text in the URL's alphabet, without padding. */
static struct str plain_form(struct str text, struct arena *arena) {
    char *form = arena_copy_c(arena, text);
    size_t len = text.len;
    while (len > 0 && form[len - 1] == '=')
        len--;
    for (size_t i = 0; i < len; i++)
        form[i] = form[i] == '+' ? '-' : form[i] == '/' ? '_' : form[i];
    return (struct str){ form, len };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct arena *arena = arena_create();
    struct str text = { (const char *)data, size_bytes }, back;

    CHECK(hash_from_base64(hash_base64(text, arena), &back, arena) && str_eq(back, text));
    CHECK(hash_from_base64(hash_base64_url(text, arena), &back, arena) && str_eq(back, text));
    if (hash_from_base64(text, &back, arena))
        CHECK(str_eq(hash_base64_url(back, arena), plain_form(text, arena)));

    char *bytes = arena_alloc(arena, size_bytes);
    CHECK(hash_from_hex(hash_hex(data, size_bytes, arena), bytes, size_bytes));
    CHECK(size_bytes == 0 || memcmp(bytes, data, size_bytes) == 0);
    if (hash_from_hex(text, bytes, size_bytes / 2))
        CHECK(size_bytes % 2 == 0 && str_eq_ignore_case(hash_hex(bytes, size_bytes / 2, arena), text));
    arena_destroy(arena);
    return 0;
}
