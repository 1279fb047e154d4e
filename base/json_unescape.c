/* json_unescape.c - undoes the escapes of JSON strings. A history line is one such string with an escape every
 * few bytes, so this is as hot as the reader. */
#include "base/json_scan.h"
#include "base/json.h"

static const char plain_escapes[256] = {
    ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
};

enum { REPLACEMENT = 0xFFFD, UNICODE_ESCAPE_LEN = 6 };

static unsigned hex_digit(char c) {
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

/* The four digits at p. The reader has seen that they are digits. */
static unsigned hex_four(const char *p) {
    return (hex_digit(p[0]) << 12 | hex_digit(p[1]) << 8 | hex_digit(p[2]) << 4 | hex_digit(p[3])) & 0xFFFF;
}

static char *put_code_point(char *out, unsigned point) {
    if (point < 0x80) {
        *out++ = (char)point;
        return out;
    }
    if (point < 0x800) {
        *out++ = (char)(0xC0 | point >> 6);
    } else {
        if (point < 0x10000) {
            *out++ = (char)(0xE0 | point >> 12);
        } else {
            *out++ = (char)(0xF0 | point >> 18);
            *out++ = (char)(0x80 | (point >> 12 & 0x3F));
        }
        *out++ = (char)(0x80 | (point >> 6 & 0x3F));
    }
    *out++ = (char)(0x80 | (point & 0x3F));
    return out;
}

/* A \uXXXX, and the one after it when both are the halves of a pair. */
static char *take_unicode(const char **in, const char *end, char *out) {
    unsigned point = hex_four(*in + 2);
    *in += UNICODE_ESCAPE_LEN;
    if (point >= 0xD800 && point <= 0xDBFF && end - *in >= UNICODE_ESCAPE_LEN && (*in)[0] == '\\' && (*in)[1] == 'u') {
        unsigned low = hex_four(*in + 2);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
            *in += UNICODE_ESCAPE_LEN;
        }
    }
    return put_code_point(out, point >= 0xD800 && point <= 0xDFFF ? REPLACEMENT : point);
}

/* *in is at a backslash. What the reader has not accepted is copied as it is, never read past its end. */
static char *take_rare_escape(const char **in, const char *end, char *out) {
    size_t left = (size_t)(end - *in);
    char plain = left < 2 ? '\0' : plain_escapes[(unsigned char)(*in)[1]];
    if (plain == '\0' && left >= UNICODE_ESCAPE_LEN && (*in)[1] == 'u')
        return take_unicode(in, end, out);
    *out++ = plain == '\0' ? **in : plain;
    *in += plain == '\0' ? 1 : 2;
    return out;
}

/* Writing 16 bytes where fewer are kept is only right while the rest of the input lies elsewhere. The two pointers
 * stay in registers here: what is written through a char pointer might be anything, these pointers included. */
static size_t unescape_apart(const char *in, const char *end, char *out) {
    const char *first = out;
    while (end - in > JSON_SHORT_BYTES) {
        unsigned backslashes = JSON_SCAN(copy)(out, in);
        int plain = backslashes == 0 ? JSON_SHORT_BYTES : __builtin_ctz(backslashes);
        in += plain;
        out += plain;
        if (backslashes == 0)
            continue;
        *out = plain_escapes[(unsigned char)in[1]];
        if (*out != '\0') {
            in += 2;
            out++;
        } else {
            const char *at = in;
            out = take_rare_escape(&at, end, out);
            in = at;
        }
    }
    while (in < end)
        if (*in == '\\')
            out = take_rare_escape(&in, end, out);
        else
            *out++ = *in++;
    return (size_t)(out - first);
}

static size_t unescape_in_place(const char *in, const char *end, char *out) {
    const char *first = out;
    while (in < end) {
        const char *next = memchr(in, '\\', (size_t)(end - in));
        size_t plain = (size_t)((next == NULL ? end : next) - in);
        memmove(out, in, plain);
        in += plain;
        out += plain;
        if (next != NULL)
            out = take_rare_escape(&in, end, out);
    }
    return (size_t)(out - first);
}

size_t json_unescape(struct str text, char *out) {
    if (text.len == 0)
        return 0;
    const char *end = text.ptr + text.len;
    return out == text.ptr ? unescape_in_place(text.ptr, end, out) : unescape_apart(text.ptr, end, out);
}

struct str json_unescape_copy(struct str text, bool has_escapes, struct arena *arena) {
    if (!has_escapes)
        return text;
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = json_unescape(text, out);
    out[len] = '\0';
    return (struct str){ out, len };
}
