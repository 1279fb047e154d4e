/* hash.h - digests, checksums, random bytes, and the text forms they travel in. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/arena.h"
#include "base/buf.h"

enum { SHA256_BYTES = 32, MD5_BYTES = 16, SHA256_HEX_LEN = 64, MD5_HEX_LEN = 32 };

void hash_sha256(unsigned char out[SHA256_BYTES], struct str text);
void hash_md5(unsigned char out[MD5_BYTES], struct str text);
/* Of a part of an open file, read piece by piece. ERR_IO, ERR_CORRUPT when the file ends before. */
MUST_CHECK enum err_code hash_md5_of_file(unsigned char out[MD5_BYTES], int fd, uint64_t offset, uint64_t length, struct err *err);
void hash_hmac_sha256(unsigned char out[SHA256_BYTES], struct str key, struct str text);

/* SHA-256 and MD5 of one stream at once, for uploads. */
struct hash_stream;
struct hash_stream *hash_stream_create(void);
/* Where nobody asks for MD5, which takes three times as long where the processor knows SHA-256: hash_stream_end gets NULL for it. */
struct hash_stream *hash_stream_create_sha256(void);
/* The other way round. */
struct hash_stream *hash_stream_create_md5(void);
void hash_stream_destroy(struct hash_stream *stream); /* NULL is fine */
void hash_stream_add(struct hash_stream *stream, struct str bytes);
void hash_stream_end(struct hash_stream *stream, unsigned char *sha256, unsigned char *md5);

uint32_t hash_crc32(uint32_t crc, struct str bytes); /* zlib's; begin with 0 */
uint64_t hash_of_str(struct str text);               /* for tables in memory; seeded per process */

/* Ends the process when the system has no random bytes. */
void hash_random(void *out, size_t size_bytes);
bool hash_equal(const void *a, const void *b, size_t size_bytes); /* in constant time */

struct str hash_hex(const void *bytes, size_t size_bytes, struct arena *arena); /* lower case */
bool hash_from_hex(struct str hex, void *out, size_t size_bytes);

struct str hash_base64(struct str bytes, struct arena *arena);
struct str hash_base64_url(struct str bytes, struct arena *arena); /* '-', '_', no padding */
/* Either alphabet, padding optional; false on anything else. */
bool hash_from_base64(struct str text, struct str *bytes, struct arena *arena);

#endif
