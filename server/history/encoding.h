/* encoding.h - Parquet's encodings of values and levels, as far as we write them. Tail batches use them too.
 *
 * Encoders append; decoders fill an array whose size the caller has fixed, and fail on anything that does not
 * yield exactly that many values from within the bytes given.
 */
#ifndef SERVER_HISTORY_ENCODING_H
#define SERVER_HISTORY_ENCODING_H

#include "server/history/bytes.h"

/* DELTA_BINARY_PACKED: differences in blocks, each bit-packed as narrow as its values allow. */
void encode_deltas(struct buf *out, const int64_t *values, size_t count);
MUST_CHECK bool decode_deltas(struct byte_reader *in, int64_t *values, size_t count);

/* BYTE_STREAM_SPLIT: all first bytes, then all second bytes, ...: what follows compresses each for itself. */
void encode_split(char *out, const uint64_t *values, size_t count);
MUST_CHECK bool decode_split(struct str in, uint64_t *values, size_t count);

/* One bit a value, lowest first. */
void encode_bits(struct buf *out, const bool *values, size_t count);
MUST_CHECK bool decode_bits(struct str in, bool *values, size_t count);

/* Definition levels of an optional column (RLE and bit-packed hybrid, one bit wide, with Parquet's length in front). */
void encode_levels(struct buf *out, const bool *is_present, size_t count);
MUST_CHECK bool decode_levels(struct byte_reader *in, bool *is_present, size_t count);

#endif
