/* str.c - see str.h. */
#include "base/str.h"

#include <stdlib.h>

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

struct str str_from_environment(const char *name) {
    const char *value = getenv(name);
    return value == NULL ? STR_EMPTY : str_from_c(value);
}

struct str str_from_c(const char *text) {
    return text == NULL ? STR_EMPTY : (struct str){ text, strlen(text) };
}

bool str_eq(struct str a, struct str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_eq_c(struct str a, const char *b) {
    return str_eq(a, str_from_c(b));
}

bool str_eq_ignore_case(struct str a, struct str b) {
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

int str_compare(struct str a, struct str b) {
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared == 0 ? 0 : memcmp(a.ptr, b.ptr, shared);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool str_starts_with(struct str text, struct str prefix) {
    return text.len >= prefix.len && str_eq((struct str){ text.ptr, prefix.len }, prefix);
}

bool str_ends_with(struct str text, struct str suffix) {
    return text.len >= suffix.len && str_eq(str_from(text, text.len - suffix.len), suffix);
}

bool str_contains(struct str text, struct str needle) {
    return needle.len == 0 || (text.len > 0 && memmem(text.ptr, text.len, needle.ptr, needle.len) != NULL);
}

struct str str_from(struct str text, size_t first) {
    return first >= text.len ? STR_EMPTY : (struct str){ text.ptr + first, text.len - first };
}

struct str str_slice(struct str text, size_t first, size_t len) {
    struct str rest = str_from(text, first);
    return (struct str){ rest.ptr, len < rest.len ? len : rest.len };
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str text) {
    while (text.len > 0 && is_space(text.ptr[0]))
        text = str_from(text, 1);
    while (text.len > 0 && is_space(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

bool str_cut(struct str text, char separator, struct str *head, struct str *rest) {
    const char *at = text.len == 0 ? NULL : memchr(text.ptr, separator, text.len);
    if (at == NULL) {
        *head = text;
        *rest = STR_EMPTY;
        return false;
    }
    size_t before = (size_t)(at - text.ptr);
    *rest = str_from(text, before + 1);
    *head = (struct str){ text.ptr, before };
    return true;
}

bool str_to_u64(struct str text, uint64_t *out) {
    uint64_t value = 0;
    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c < '0' || c > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(c - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

bool str_to_i64(struct str text, int64_t *out) {
    bool is_negative = text.len > 0 && text.ptr[0] == '-';
    uint64_t magnitude;
    if (!str_to_u64(is_negative ? str_from(text, 1) : text, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + (is_negative ? 1 : 0))
        return false;
    *out = is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

/* Length of the well-formed sequence at p, or 0: no overlong forms, no surrogates, nothing past U+10FFFF. */
static size_t utf8_sequence(const unsigned char *p, size_t left) {
    if (p[0] < 0x80)
        return 1;
    if (left >= 2 && p[0] >= 0xC2 && p[0] <= 0xDF && (p[1] & 0xC0) == 0x80)
        return 2;
    if (left >= 3 && (p[0] & 0xF0) == 0xE0 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80) {
        bool is_overlong = p[0] == 0xE0 && p[1] < 0xA0;
        bool is_surrogate = p[0] == 0xED && p[1] > 0x9F;
        return is_overlong || is_surrogate ? 0 : 3;
    }
    if (left >= 4 && p[0] >= 0xF0 && p[0] <= 0xF4 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80 &&
        (p[3] & 0xC0) == 0x80) {
        bool is_overlong = p[0] == 0xF0 && p[1] < 0x90;
        bool is_too_high = p[0] == 0xF4 && p[1] > 0x8F;
        return is_overlong || is_too_high ? 0 : 4;
    }
    return 0;
}

bool str_is_utf8(struct str text) {
    const unsigned char *p = (const unsigned char *)text.ptr;
    size_t left = text.len;
    while (left > 0) {
        uint64_t eight;
        if (left >= sizeof eight) {
            memcpy(&eight, p, sizeof eight);
            if ((eight & 0x8080808080808080U) == 0) {
                p += sizeof eight;
                left -= sizeof eight;
                continue;
            }
        }
        size_t len = utf8_sequence(p, left);
        if (len == 0)
            return false;
        p += len;
        left -= len;
    }
    return true;
}

size_t str_utf8_len(struct str text) {
    return text.len == 0 ? 0 : utf8_sequence((const unsigned char *)text.ptr, text.len);
}
