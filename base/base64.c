/* base64.c - the base64 functions of hash.h. */
#include "base/hash.h"

static const char standard_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static struct str encode(struct str bytes, const char digits[65], bool is_padded, struct arena *arena) {
    char *out = arena_alloc(arena, (bytes.len / 3 + 1) * 4 + 1);
    const unsigned char *in = (const unsigned char *)bytes.ptr;
    size_t len = 0;

    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        unsigned group = (unsigned)in[i] << 16;
        group |= left > 1 ? (unsigned)in[i + 1] << 8 : 0;
        group |= left > 2 ? in[i + 2] : 0;
        for (size_t digit = 0; digit < 4; digit++)
            if (digit <= left)
                out[len++] = digits[group >> (18 - 6 * digit) & 63];
            else if (is_padded)
                out[len++] = '=';
    }
    out[len] = '\0';
    return (struct str){ out, len };
}

struct str hash_base64(struct str bytes, struct arena *arena) {
    return encode(bytes, standard_digits, true, arena);
}

struct str hash_base64_url(struct str bytes, struct arena *arena) {
    return encode(bytes, url_digits, false, arena);
}

static int digit_value(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

/* Padding is all or nothing: when there is any, it fills the last group of four. */
static bool drop_padding(struct str *text) {
    size_t padding = 0;
    while (padding < text->len && padding < 2 && text->ptr[text->len - 1 - padding] == '=')
        padding++;
    if (padding > 0 && text->len % 4 != 0)
        return false;
    text->len -= padding;
    return text->len % 4 != 1;
}

bool hash_from_base64(struct str text, struct str *bytes, struct arena *arena) {
    if (!drop_padding(&text))
        return false;
    char *out = arena_alloc(arena, text.len / 4 * 3 + 3);
    size_t len = 0;
    unsigned bits = 0, bit_count = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = digit_value(text.ptr[i]);
        if (value < 0)
            return false;
        bits = (bits << 6 | (unsigned)value) & 0xFFFF;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            out[len++] = (char)(bits >> bit_count & 0xFF);
        }
    }
    /* Left-over bits that are not zero would be a second spelling of the same bytes. */
    if ((bits & ((1U << bit_count) - 1)) != 0)
        return false;
    out[len] = '\0';
    *bytes = (struct str){ out, len };
    return true;
}
