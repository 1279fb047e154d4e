/* json_scan.h - finds the bytes that matter in JSON text, 16 or 64 at a time. Only for base/json_*.c.
 *
 * Each function stands here in portable C and, where the machine has SSE2, in that; JSON_SCAN(name) is the one to
 * use, and a test holds the two against each other.
 */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/str.h"

#ifdef __SSE2__
#include <emmintrin.h>
#define JSON_SCAN(name) json_##name##_sse2
#else
#define JSON_SCAN(name) json_##name##_portable
#endif

enum { JSON_BLOCK_BYTES = 64, JSON_SHORT_BYTES = 16 };

/* Bit i is about byte i of the block. */
struct json_block {
    uint64_t quote, backslash, control, high;
};

/* 0x80 in each byte of x that is zero, without carries between the bytes. */
static inline uint64_t json_zero_bytes(uint64_t x) {
    const uint64_t low_bits = 0x7F7F7F7F7F7F7F7FU;
    return ~(((x & low_bits) + low_bits) | x | low_bits);
}

/* Gathers the top bits of eight bytes into one byte: the multiplication moves each to its own place. */
static inline uint64_t json_top_bits(uint64_t x) {
    return ((x & 0x8080808080808080U) >> 7) * 0x0102040810204080U >> 56;
}

/* The byte at the lowest address in the lowest eight bits. */
static inline uint64_t json_load_eight(const char *p) {
    uint64_t eight;
    memcpy(&eight, p, sizeof eight);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    eight = __builtin_bswap64(eight);
#endif
    return eight;
}

/* 0 when all eight bytes are digits. Otherwise the lowest bit that is set is in the first byte that is none; those
 * above may be wrong, because additions carry. */
static inline uint64_t json_non_digits(uint64_t eight) {
    const uint64_t each_byte = 0x0101010101010101U;
    uint64_t values = eight ^ (each_byte * '0');
    return ((values + each_byte * (0x80 - 10)) | values) & (each_byte * 0x80);
}

static inline struct json_block json_classify_portable(const char *p) {
    const uint64_t each_byte = 0x0101010101010101U;
    struct json_block block = { 0 };
    for (unsigned i = 0; i < JSON_BLOCK_BYTES; i += 8) {
        uint64_t eight = json_load_eight(p + i);
        block.quote |= json_top_bits(json_zero_bytes(eight ^ (each_byte * '"'))) << i;
        block.backslash |= json_top_bits(json_zero_bytes(eight ^ (each_byte * '\\'))) << i;
        block.control |= json_top_bits(json_zero_bytes(eight & (each_byte * 0xE0))) << i;
        block.high |= json_top_bits(eight) << i;
    }
    return block;
}

/* Of 16 bytes: those that end, escape or spoil a string, and those beyond ASCII. */
static inline unsigned json_special_portable(const char *p) {
    const uint64_t each_byte = 0x0101010101010101U;
    uint64_t bits = 0;
    for (unsigned i = 0; i < JSON_SHORT_BYTES; i += 8) {
        uint64_t eight = json_load_eight(p + i);
        uint64_t found = json_zero_bytes(eight ^ (each_byte * '"')) | json_zero_bytes(eight ^ (each_byte * '\\')) |
                         json_zero_bytes(eight & (each_byte * 0xE0)) | eight;
        bits |= json_top_bits(found) << i;
    }
    return (unsigned)bits;
}

/* Copies 16 bytes and tells which of them are backslashes. */
static inline unsigned json_copy_portable(char *out, const char *p) {
    const uint64_t backslashes = 0x0101010101010101U * '\\';
    unsigned low = (unsigned)json_top_bits(json_zero_bytes(json_load_eight(p) ^ backslashes));
    unsigned high = (unsigned)json_top_bits(json_zero_bytes(json_load_eight(p + 8) ^ backslashes));
    memcpy(out, p, JSON_SHORT_BYTES);
    return low | high << 8;
}

#ifdef __SSE2__
static inline __m128i json_load_sse2(const char *p) {
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline struct json_block json_classify_sse2(const char *p) {
    struct json_block block = { 0 };
    for (unsigned i = 0; i < JSON_BLOCK_BYTES; i += 16) {
        __m128i bytes = json_load_sse2(p + i);
        uint64_t high = (uint64_t)_mm_movemask_epi8(bytes);
        /* Bytes are signed here: those beyond ASCII are "less" too. */
        uint64_t low = (uint64_t)_mm_movemask_epi8(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)));
        block.quote |= (uint64_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'))) << i;
        block.backslash |= (uint64_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))) << i;
        block.control |= (low & ~high) << i;
        block.high |= high << i;
    }
    return block;
}

static inline unsigned json_special_sse2(const char *p) {
    __m128i bytes = json_load_sse2(p);
    __m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                 _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')),
                                              _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20))));
    return (unsigned)_mm_movemask_epi8(found);
}

static inline unsigned json_copy_sse2(char *out, const char *p) {
    __m128i bytes = json_load_sse2(p);
    _mm_storeu_si128((__m128i *)(void *)out, bytes);
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
}
#endif

/* Which bytes are escaped, that is stand after a backslash that is not escaped itself. *carry is whether the
 * first byte is, and becomes whether the byte after the block is.
 *
 * A backslash escapes when an even number of them stands before it in its run. Adding the first bit of a run to
 * the run clears it, which separates the runs that begin at even places from the others without a loop. */
static inline uint64_t json_escaped(uint64_t backslash, uint64_t *carry) {
    const uint64_t even_places = 0x5555555555555555U;
    uint64_t runs = backslash & ~*carry;
    uint64_t even_starts = runs & ~(runs << 1) & even_places;
    uint64_t even_runs = runs & ~(runs + even_starts);
    uint64_t escaping = (even_runs & even_places) | ((runs ^ even_runs) & ~even_places);
    uint64_t escaped = escaping << 1 | *carry;
    *carry = escaping >> 63;
    return escaped;
}

#endif
