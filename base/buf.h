/* buf.h - growing bytes with a ceiling.
 *
 * A buf is born with a maximum. What would grow it past that, or past the memory there is, sets `failed`,
 * appends nothing, and stays: check once, at the end. Both server and client use it; it never aborts.
 *
 * Threads: one owner at a time. Memory: buf_finish.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
    char *ptr;
    size_t len, cap, max;
    bool failed;
};

#define BUF_INIT(max_bytes) { .max = (max_bytes) }

void buf_init(struct buf *buf, size_t max_bytes);
void buf_finish(struct buf *buf); /* leaves an empty buf of the same maximum */
void buf_reset(struct buf *buf);  /* forgets the content and the failure, keeps the memory */

void buf_append(struct buf *buf, const void *bytes, size_t len);
void buf_append_str(struct buf *buf, struct str text);
void buf_append_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* Little endian. */
void buf_append_u16(struct buf *buf, uint16_t value);
void buf_append_u32(struct buf *buf, uint32_t value);
void buf_append_u64(struct buf *buf, uint64_t value);

/* Room for len more bytes at the end, or NULL (and failed). Tell how many were used with buf_commit. */
char *buf_reserve(struct buf *buf, size_t len);
void buf_commit(struct buf *buf, size_t len);

/* Removes the first len bytes; those after move down. */
void buf_drop_front(struct buf *buf, size_t len);

struct str buf_str(const struct buf *buf);

/* ERR_TOO_LARGE "`what` is larger than N bytes" when the buf has failed. */
MUST_CHECK enum err_code buf_check(const struct buf *buf, const char *what, struct err *err);

#endif
