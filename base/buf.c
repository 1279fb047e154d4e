/* buf.c - see buf.h. */
#include "base/buf.h"

#include <assert.h>

enum { SMALLEST_CAP = 64 };

void buf_init(struct buf *buf, size_t max_bytes) {
    *buf = (struct buf)BUF_INIT(max_bytes);
}

void buf_finish(struct buf *buf) {
    if (buf == NULL)
        return;
    free(buf->ptr);
    buf_init(buf, buf->max);
}

void buf_reset(struct buf *buf) {
    buf->len = 0;
    buf->failed = false;
}

/* One byte more than cap, so that buf_printf has room for the terminator that vsnprintf insists on. */
static bool grow(struct buf *buf, size_t needed) {
    size_t cap = buf->cap < SMALLEST_CAP ? SMALLEST_CAP : buf->cap;
    while (cap < needed)
        cap = cap > buf->max / 2 ? buf->max : cap * 2;
    char *ptr = cap == SIZE_MAX ? NULL : realloc(buf->ptr, cap + 1);
    if (ptr == NULL)
        return false;
    buf->ptr = ptr;
    buf->cap = cap;
    return true;
}

char *buf_reserve(struct buf *buf, size_t len) {
    size_t needed;
    if (buf->failed)
        return NULL;
    if (__builtin_add_overflow(buf->len, len, &needed) || needed > buf->max ||
        ((needed > buf->cap || buf->ptr == NULL) && !grow(buf, needed))) {
        buf->failed = true;
        return NULL;
    }
    return buf->ptr + buf->len;
}

void buf_commit(struct buf *buf, size_t len) {
    assert(len <= buf->cap - buf->len);
    buf->len += len;
}

void buf_append(struct buf *buf, const void *bytes, size_t len) {
    char *room = buf_reserve(buf, len);
    if (room == NULL || len == 0)
        return;
    memcpy(room, bytes, len);
    buf->len += len;
}

void buf_append_str(struct buf *buf, struct str text) {
    buf_append(buf, text.ptr, text.len);
}

void buf_append_char(struct buf *buf, char c) {
    buf_append(buf, &c, 1);
}

void buf_printf(struct buf *buf, const char *format, ...) {
    va_list args;

    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *room = len < 0 ? NULL : buf_reserve(buf, (size_t)len);
    if (room == NULL) {
        buf->failed = true;
        return;
    }
    va_start(args, format);
    (void)vsnprintf(room, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

static void append_little_endian(struct buf *buf, uint64_t value, size_t size_bytes) {
    unsigned char bytes[8];
    for (size_t i = 0; i < size_bytes; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    buf_append(buf, bytes, size_bytes);
}

void buf_append_u16(struct buf *buf, uint16_t value) {
    append_little_endian(buf, value, sizeof value);
}

void buf_append_u32(struct buf *buf, uint32_t value) {
    append_little_endian(buf, value, sizeof value);
}

void buf_append_u64(struct buf *buf, uint64_t value) {
    append_little_endian(buf, value, sizeof value);
}

void buf_drop_front(struct buf *buf, size_t len) {
    assert(len <= buf->len);
    if (len == 0)
        return;
    buf->len -= len;
    memmove(buf->ptr, buf->ptr + len, buf->len);
}

struct str buf_str(const struct buf *buf) {
    return buf->len == 0 ? STR_EMPTY : (struct str){ buf->ptr, buf->len };
}

enum err_code buf_check(const struct buf *buf, const char *what, struct err *err) {
    if (!buf->failed)
        return OK;
    return err_set(err, ERR_TOO_LARGE, "%s is larger than %zu bytes", what, buf->max);
}
