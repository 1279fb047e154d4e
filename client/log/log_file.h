/* log_file.h - the run's transaction log, RUN.wandb: the file format of the official client, read and written.
 *
 * A seven-byte header, then blocks of 32,768 bytes counted from the start of the file. A record is one chunk, or a
 * first, middles and a last; each chunk has a CRC over its type and data. A file may end anywhere: its owner may have
 * been killed, or be writing still.
 *
 * This header knows bytes and records, not what is in them. Appending works on memory, so that the same code fills a
 * mapped page, a ring or a file. Threads: none of its own. Memory: buf and malloc only; nothing aborts.
 */
#ifndef CLIENT_LOG_FILE_H
#define CLIENT_LOG_FILE_H

#include "base/buf.h"

enum { LOG_FILE_HEADER_BYTES = 7, LOG_FILE_BLOCK_BYTES = 32768, LOG_FILE_CHUNK_HEADER_BYTES = 7 };

/* ":W&B", magic, version. */
void log_file_append_header(struct buf *out);

/* What a record of that length takes when it is appended at this offset of the file, padding included. */
uint64_t log_file_record_bytes(uint64_t offset, size_t record_bytes);

/* The record as it stands in the file from `offset` on (padding, chunk headers, data). out->failed when it does not fit. */
void log_file_append(struct buf *out, uint64_t offset, struct str record);

/* ---- reading, also of a file that still grows ---- */

enum log_file_read {
    LOG_FILE_RECORD,  /* *record is set; it is valid until the next call */
    LOG_FILE_END,     /* nothing whole follows yet: call again with more bytes, or it is the end */
    LOG_FILE_TORN,    /* damaged here (reader->message); log_file_skip_damage looks for the next record */
};

struct log_file_reader {
    uint64_t offset;     /* in the file, of the next byte to look at: what comes before was answered */
    struct buf record;   /* joined chunks */
    const char *message;
    bool has_header;
};

void log_file_reader_init(struct log_file_reader *reader, size_t max_record_bytes);
void log_file_reader_finish(struct log_file_reader *reader);

/* bytes: the file's content from reader->offset on, as much as there is. On LOG_FILE_RECORD the reader has moved past
 * the record; drop as many bytes from the front as reader->offset grew. */
enum log_file_read log_file_next(struct log_file_reader *reader, struct str bytes, struct str *record);

/* After LOG_FILE_TORN: moves to the next block. Chunks that continue a record that was lost are passed over. */
void log_file_skip_damage(struct log_file_reader *reader);

#endif
