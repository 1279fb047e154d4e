/* yaml_scalar.c - what the words in a YAML document mean. */
#include "server/sweep/yaml.h"

#include "base/number.h"

#include <math.h>
#include <string.h>

/* ---- without quotes ---- */

static bool is_one_of(struct str text, const char *const *words) {
    for (; *words != NULL; words++)
        if (str_eq_c(text, *words))
            return true;
    return false;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Digits of a base, "_" between them; false unless there is at least one, nothing else, and it fits. */
static bool read_digits(struct str text, unsigned base, uint64_t *out) {
    bool any = false;
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        unsigned digit = is_digit(c) ? (unsigned)(c - '0') : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (unsigned)((c | 0x20) - 'a' + 10) : 99;
        if (c == '_')
            continue;
        if (digit >= base || __builtin_mul_overflow(*out, (uint64_t)base, out) || __builtin_add_overflow(*out, (uint64_t)digit, out))
            return false;
        any = true;
    }
    return any;
}

static bool read_int(struct str text, int64_t *out) {
    bool is_negative = text.len > 0 && text.ptr[0] == '-';
    uint64_t size;
    bool is_read;

    if (text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+'))
        text = str_from(text, 1);
    if (text.len == 0 || !is_digit(text.ptr[0]))
        return false;
    if (str_starts_with(text, STR("0x")))
        is_read = read_digits(str_from(text, 2), 16, &size);
    else if (str_starts_with(text, STR("0b")))
        is_read = read_digits(str_from(text, 2), 2, &size);
    else if (str_starts_with(text, STR("0o")))
        is_read = read_digits(str_from(text, 2), 8, &size);
    else
        is_read = read_digits(text, text.len > 1 && text.ptr[0] == '0' ? 8 : 10, &size);
    if (!is_read || size > (uint64_t)INT64_MAX)
        return false;
    *out = is_negative ? -(int64_t)size : (int64_t)size;
    return true;
}

/* YAML's ways to write a decimal number in the one that JSON has: without "_" and "+", with digits round the point. */
static struct str decimal_of(struct str text, struct arena *arena) {
    char *out = arena_alloc(arena, text.len + 2);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_first = len == 0 || (len == 1 && out[0] == '-');
        bool is_dropped = c == '_' || (c == '+' && i == 0) || (c == '.' && (i + 1 == text.len || !is_digit(text.ptr[i + 1])));
        if (c == '.' && is_first)
            out[len++] = '0';
        if (!is_dropped)
            out[len++] = c;
    }
    return (struct str){ out, len };
}

static bool take_digits(struct str *rest) {
    size_t len = 0;
    while (len < rest->len && is_digit(rest->ptr[len]))
        len++;
    *rest = str_from(*rest, len);
    return len > 0;
}

static bool take_one_of(struct str *rest, char a, char b) {
    bool is_there = rest->len > 0 && (rest->ptr[0] == a || rest->ptr[0] == b);
    if (is_there)
        *rest = str_from(*rest, 1);
    return is_there;
}

static bool is_decimal(struct str text) {
    (void)take_one_of(&text, '-', '-');
    if (text.len > 1 && text.ptr[0] == '0' && is_digit(text.ptr[1]))
        return false;
    if (!take_digits(&text) || (take_one_of(&text, '.', '.') && !take_digits(&text)))
        return false;
    if (take_one_of(&text, 'e', 'E')) {
        (void)take_one_of(&text, '+', '-');
        if (!take_digits(&text))
            return false;
    }
    return text.len == 0;
}

/* "1.5", ".5", "5.", "1e-3", "+.inf", ".nan", "1_000.5" */
static bool read_double(struct str text, double *out, struct arena *arena) {
    static const char *const infinities[] = { ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", NULL };
    static const char *const negative_infinities[] = { "-.inf", "-.Inf", "-.INF", NULL };
    static const char *const nans[] = { ".nan", ".NaN", ".NAN", NULL };
    struct str decimal;
    bool has_digit = false;

    for (size_t i = 0; i < text.len; i++)
        has_digit = has_digit || is_digit(text.ptr[i]);
    if (is_one_of(text, infinities)) {
        *out = INFINITY;
    } else if (is_one_of(text, negative_infinities)) {
        *out = -INFINITY;
    } else if (is_one_of(text, nans)) {
        *out = NAN;
    } else {
        decimal = decimal_of(text, arena);
        if (!has_digit || text.ptr[0] == '_' || !is_decimal(decimal))
            return false;
        *out = number_to_double(decimal.ptr, decimal.len);
    }
    return true;
}

void yaml_resolve_plain(struct json_value *out, struct str text, struct arena *arena) {
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const trues[] = { "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", NULL };
    static const char *const falses[] = { "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", NULL };
    int64_t integer;
    double number;

    if (is_one_of(text, nulls))
        *out = (struct json_value){ .type = JSON_TYPE_NULL };
    else if (is_one_of(text, trues) || is_one_of(text, falses))
        *out = (struct json_value){ .type = JSON_TYPE_BOOL, .boolean = is_one_of(text, trues) };
    else if (read_int(text, &integer))
        *out = (struct json_value){ .type = JSON_TYPE_INT, .integer = integer };
    else if (read_double(text, &number, arena))
        *out = (struct json_value){ .type = JSON_TYPE_DOUBLE, .number = number };
    else
        *out = (struct json_value){ .type = JSON_TYPE_STRING, .string = text };
}

/* ---- with quotes ---- */

struct str yaml_fold(struct str text, struct arena *arena) {
    char *out;
    size_t len = 0;

    if (memchr(text.ptr, '\n', text.len) == NULL)
        return text;
    out = arena_alloc(arena, text.len);
    for (size_t i = 0; i < text.len;) {
        size_t breaks = 0;
        if (text.ptr[i] != '\n') {
            out[len++] = text.ptr[i++];
            continue;
        }
        while (len > 0 && (out[len - 1] == ' ' || out[len - 1] == '\t' || out[len - 1] == '\r'))
            len--;
        for (; i < text.len && memchr(" \t\r\n", text.ptr[i], 4) != NULL; i++)
            breaks += text.ptr[i] == '\n';
        if (breaks == 1)
            out[len++] = ' ';
        for (; breaks > 1; breaks--)
            out[len++] = '\n';
    }
    return (struct str){ out, len };
}

static size_t put_utf8(char *out, uint32_t code) {
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        code = 0xfffd;
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | (code >> 6));
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | (code >> 12));
        out[1] = (char)(0x80 | ((code >> 6) & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | (code >> 18));
    out[1] = (char)(0x80 | ((code >> 12) & 0x3f));
    out[2] = (char)(0x80 | ((code >> 6) & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

static const struct {
    char letter;
    uint32_t code;
} escapes[] = { { '0', 0 }, { 'a', 7 }, { 'b', 8 }, { 't', 9 }, { '\t', 9 }, { 'n', 10 }, { 'v', 11 }, { 'f', 12 },
                { 'r', 13 }, { 'e', 27 }, { ' ', 32 }, { '"', 34 }, { '/', 47 }, { '\\', 92 }, { 'N', 0x85 },
                { '_', 0xa0 }, { 'L', 0x2028 }, { 'P', 0x2029 } };

/* The escape at text.ptr[*at] == '\\'; moves *at past it. */
static bool undo_escape(struct str text, size_t *at, char *out, size_t *len) {
    char letter = *at + 1 < text.len ? text.ptr[*at + 1] : 0;
    size_t hex = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    uint64_t code;

    *at += 2;
    if (letter == '\n') { /* the line goes on: its end and the next one's indentation are nothing */
        while (*at < text.len && (text.ptr[*at] == ' ' || text.ptr[*at] == '\t'))
            (*at)++;
        return true;
    }
    if (hex > 0) {
        if (memchr(text.ptr + *at, '_', str_slice(text, *at, hex).len) != NULL || str_slice(text, *at, hex).len != hex ||
            !read_digits(str_slice(text, *at, hex), 16, &code))
            return false;
        *at += hex;
        *len += put_utf8(out + *len, (uint32_t)code);
        return true;
    }
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++)
        if (escapes[i].letter == letter && (letter != 0)) {
            *len += put_utf8(out + *len, escapes[i].code);
            return true;
        }
    return false;
}

/* Folding sees the raw line breaks, not those that were written "\n": so both in one pass. */
bool yaml_unescape(struct str *out, struct str text, struct arena *arena) {
    char *bytes = arena_alloc(arena, text.len + 4);
    size_t len = 0, fixed = 0; /* what escapes wrote is not trimmed */

    for (size_t i = 0; i < text.len;) {
        size_t breaks = 0;
        if (text.ptr[i] == '\\') {
            if (!undo_escape(text, &i, bytes, &len))
                return false;
            fixed = len;
            continue;
        }
        if (text.ptr[i] != '\n') {
            bytes[len++] = text.ptr[i++];
            continue;
        }
        while (len > fixed && (bytes[len - 1] == ' ' || bytes[len - 1] == '\t' || bytes[len - 1] == '\r'))
            len--;
        for (; i < text.len && memchr(" \t\r\n", text.ptr[i], 4) != NULL; i++)
            breaks += text.ptr[i] == '\n';
        if (breaks == 1)
            bytes[len++] = ' ';
        for (; breaks > 1; breaks--)
            bytes[len++] = '\n';
        fixed = len;
    }
    *out = (struct str){ bytes, len };
    return true;
}
