/* json_unescape.c - undoes the escapes of JSON strings. A history line is one such string with an escape every
 * few bytes, so this is as hot as the reader. */
#include "base/json_scan.h"
#include "base/json.h"

static const char plain_escapes[256] = {
    ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
};

enum { REPLACEMENT = 0xFFFD, UNICODE_ESCAPE_LEN = 6 };

struct cursor {
    const char *in, *end;
    char *out;
};

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
static void take_unicode(struct cursor *c) {
    unsigned point = hex_four(c->in + 2);
    c->in += UNICODE_ESCAPE_LEN;
    if (point >= 0xD800 && point <= 0xDBFF && c->end - c->in >= UNICODE_ESCAPE_LEN && c->in[0] == '\\' &&
        c->in[1] == 'u') {
        unsigned low = hex_four(c->in + 2);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
            c->in += UNICODE_ESCAPE_LEN;
        }
    }
    c->out = put_code_point(c->out, point >= 0xD800 && point <= 0xDFFF ? REPLACEMENT : point);
}

/* c->in is at a backslash. What the reader has not accepted is copied as it is, never read past its end. */
static inline void take_escape(struct cursor *c) {
    size_t left = (size_t)(c->end - c->in);
    char plain = left < 2 ? '\0' : plain_escapes[(unsigned char)c->in[1]];
    if (plain != '\0') {
        *c->out++ = plain;
        c->in += 2;
    } else if (left >= UNICODE_ESCAPE_LEN && c->in[1] == 'u') {
        take_unicode(c);
    } else {
        *c->out++ = *c->in++;
    }
}

/* Writing 16 bytes where fewer are kept is only right while the rest of the input lies elsewhere. */
static void unescape_apart(struct cursor *c) {
    while (c->end - c->in >= JSON_SHORT_BYTES) {
        unsigned backslashes = JSON_SCAN(copy)(c->out, c->in);
        int plain = backslashes == 0 ? JSON_SHORT_BYTES : __builtin_ctz(backslashes);
        c->in += plain;
        c->out += plain;
        if (backslashes != 0)
            take_escape(c);
    }
    while (c->in < c->end)
        if (*c->in == '\\')
            take_escape(c);
        else
            *c->out++ = *c->in++;
}

static void unescape_in_place(struct cursor *c) {
    while (c->in < c->end) {
        const char *next = memchr(c->in, '\\', (size_t)(c->end - c->in));
        size_t plain = (size_t)((next == NULL ? c->end : next) - c->in);
        memmove(c->out, c->in, plain);
        c->in += plain;
        c->out += plain;
        if (next != NULL)
            take_escape(c);
    }
}

size_t json_unescape(struct str text, char *out) {
    struct cursor c = { .in = text.ptr, .end = text.ptr == NULL ? NULL : text.ptr + text.len, .out = out };
    if (out == text.ptr)
        unescape_in_place(&c);
    else
        unescape_apart(&c);
    return (size_t)(c.out - out);
}

struct str json_unescape_copy(struct str text, bool has_escapes, struct arena *arena) {
    if (!has_escapes)
        return text;
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = json_unescape(text, out);
    out[len] = '\0';
    return (struct str){ out, len };
}
