/* gzip.h - whole bodies with libdeflate, streams with zlib. Inflating always has a ceiling. */
#ifndef BASE_GZIP_H
#define BASE_GZIP_H

#include "base/buf.h"

/* Appends a gzip member; level 1 to 9. */
MUST_CHECK enum err_code gzip_compress(struct buf *out, struct str bytes, int level, struct err *err);
/* Appends the content of a whole gzip body; ERR_TOO_LARGE past out->max, ERR_BAD_INPUT when malformed. */
MUST_CHECK enum err_code gzip_inflate(struct buf *out, struct str bytes, struct err *err);

/* For bodies that arrive in pieces. */
struct gzip_stream;
struct gzip_stream *gzip_stream_create(void);
void gzip_stream_destroy(struct gzip_stream *stream); /* NULL is fine */
/* Appends what the piece inflates to. *is_complete once the gzip trailer was seen; bytes after it are an error. */
MUST_CHECK enum err_code gzip_stream_inflate(struct gzip_stream *stream, struct str piece, struct buf *out,
                                             bool *is_complete, struct err *err);

#endif
