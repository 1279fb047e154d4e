/* encoding.c - Parquet's encodings of values and levels. */
#include "server/history/encoding.h"

enum { BLOCK_VALUES = 128, MINIBLOCKS = 4, MINIBLOCK_VALUES = BLOCK_VALUES / MINIBLOCKS };

static uint32_t bit_width(uint64_t value) {
    return value == 0 ? 0 : 64 - (uint32_t)__builtin_clzll(value);
}

/* Lowest bits first. Exactly MINIBLOCK_VALUES values, so the result is 4 * width bytes. */
static void pack_bits(struct buf *out, const uint64_t *values, uint32_t width) {
    unsigned __int128 pending = 0;
    uint32_t pending_bits = 0;
    char bytes[MINIBLOCK_VALUES * 8];
    size_t len = 0;

    for (size_t i = 0; i < MINIBLOCK_VALUES; i++) {
        pending |= (unsigned __int128)values[i] << pending_bits;
        pending_bits += width;
        while (pending_bits >= 8) {
            bytes[len++] = (char)(uint8_t)pending;
            pending >>= 8;
            pending_bits -= 8;
        }
    }
    buf_append(out, bytes, len);
}

static void unpack_bits(const uint8_t *in, uint64_t *values, uint32_t width) {
    uint8_t padded[MINIBLOCK_VALUES * 8 + 16];
    uint64_t mask = width == 64 ? UINT64_MAX : (1ULL << width) - 1;

    memcpy(padded, in, (size_t)width * MINIBLOCK_VALUES / 8);
    for (uint32_t i = 0; i < MINIBLOCK_VALUES; i++) {
        uint32_t bit = i * width, shift = bit & 7;
        uint64_t low, high = padded[bit / 8 + 8];
        memcpy(&low, padded + bit / 8, 8);
        values[i] = (low >> shift | (shift > 0 ? high << (64 - shift) : 0)) & mask;
    }
}

static void encode_block(struct buf *out, const uint64_t *deltas, size_t count) {
    uint64_t packed[BLOCK_VALUES] = { 0 };
    char widths[MINIBLOCKS] = { 0 };
    int64_t least = (int64_t)deltas[0];

    for (size_t i = 1; i < count; i++)
        if ((int64_t)deltas[i] < least)
            least = (int64_t)deltas[i];
    for (size_t i = 0; i < count; i++)
        packed[i] = deltas[i] - (uint64_t)least;
    for (size_t block = 0; block < MINIBLOCKS; block++) {
        uint64_t bits = 0;
        for (size_t i = 0; i < MINIBLOCK_VALUES; i++)
            bits |= packed[block * MINIBLOCK_VALUES + i];
        widths[block] = (char)bit_width(bits);
    }
    buf_append_zigzag(out, least);
    buf_append(out, widths, sizeof(widths));
    for (size_t block = 0; block * MINIBLOCK_VALUES < count; block++)
        pack_bits(out, packed + block * MINIBLOCK_VALUES, (uint8_t)widths[block]);
}

void encode_deltas(struct buf *out, const int64_t *values, size_t count) {
    buf_append_varint(out, BLOCK_VALUES);
    buf_append_varint(out, MINIBLOCKS);
    buf_append_varint(out, count);
    buf_append_zigzag(out, count > 0 ? values[0] : 0);
    for (size_t first = 1; first < count; first += BLOCK_VALUES) {
        uint64_t deltas[BLOCK_VALUES];
        size_t in_block = count - first < BLOCK_VALUES ? count - first : BLOCK_VALUES;
        for (size_t i = 0; i < in_block; i++)
            deltas[i] = (uint64_t)values[first + i] - (uint64_t)values[first + i - 1];
        encode_block(out, deltas, in_block);
    }
}

static bool decode_block(struct byte_reader *in, int64_t *values, size_t count, uint64_t previous) {
    uint64_t least = (uint64_t)bytes_zigzag(in);
    struct str widths = bytes_take(in, MINIBLOCKS);
    if (in->failed)
        return false;
    for (size_t block = 0; block * MINIBLOCK_VALUES < count; block++) {
        uint64_t unpacked[MINIBLOCK_VALUES];
        uint32_t width = (uint8_t)widths.ptr[block];
        struct str bytes = bytes_take(in, width <= 64 ? (uint64_t)width * MINIBLOCK_VALUES / 8 : UINT64_MAX);
        size_t left = count - block * MINIBLOCK_VALUES;
        if (in->failed)
            return false;
        if (width == 0) /* evenly spaced, as steps mostly are */
            memset(unpacked, 0, sizeof unpacked);
        else
            unpack_bits((const uint8_t *)bytes.ptr, unpacked, width);
        for (size_t i = 0; i < left && i < MINIBLOCK_VALUES; i++) {
            previous += unpacked[i] + least;
            values[block * MINIBLOCK_VALUES + i] = (int64_t)previous;
        }
    }
    return true;
}

bool decode_deltas(struct byte_reader *in, int64_t *values, size_t count) {
    bool is_ours = bytes_varint(in) == BLOCK_VALUES && bytes_varint(in) == MINIBLOCKS && bytes_varint(in) == count;
    int64_t first = bytes_zigzag(in);
    if (!is_ours || in->failed)
        return false;
    if (count > 0)
        values[0] = first;
    for (size_t i = 1; i < count; i += BLOCK_VALUES) {
        size_t in_block = count - i < BLOCK_VALUES ? count - i : BLOCK_VALUES;
        if (!decode_block(in, values + i, in_block, (uint64_t)values[i - 1]))
            return false;
    }
    return true;
}

/* Byte k of word s becomes byte s of word k: halves change places, then quarters, then bytes. */
static void transpose(uint64_t words[8]) {
    static const uint64_t masks[] = { 0x00000000ffffffff, 0x0000ffff0000ffff, 0x00ff00ff00ff00ff };
    for (uint32_t round = 0; round < 3; round++) {
        uint32_t distance = 4U >> round, shift = 32U >> round;
        for (uint32_t i = 0; i < 8; i++) {
            if ((i & distance) != 0)
                continue;
            uint64_t moved = (words[i] >> shift ^ words[i + distance]) & masks[round];
            words[i] ^= moved << shift;
            words[i + distance] ^= moved;
        }
    }
}

/* Eight values at a time, so that both sides are walked in whole words. */
void encode_split(char *out, const uint64_t *values, size_t count) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        uint64_t words[8];
        memcpy(words, values + i, sizeof words);
        transpose(words);
        for (uint32_t stream = 0; stream < 8; stream++)
            memcpy(out + stream * count + i, &words[stream], 8);
    }
    for (; i < count; i++)
        for (uint32_t stream = 0; stream < 8; stream++)
            out[stream * count + i] = (char)(values[i] >> (8 * stream));
}

bool decode_split(struct str in, uint64_t *values, size_t count) {
    const uint8_t *bytes = (const uint8_t *)in.ptr;
    size_t i = 0;

    if (in.len / 8 != count || in.len % 8 != 0)
        return false;
    for (; i + 8 <= count; i += 8) {
        uint64_t words[8];
        for (uint32_t stream = 0; stream < 8; stream++)
            memcpy(&words[stream], bytes + stream * count + i, 8);
        transpose(words);
        memcpy(values + i, words, sizeof words);
    }
    for (; i < count; i++) {
        values[i] = 0;
        for (uint32_t stream = 0; stream < 8; stream++)
            values[i] |= (uint64_t)bytes[stream * count + i] << (8 * stream);
    }
    return true;
}

void encode_bits(struct buf *out, const bool *values, size_t count) {
    for (size_t i = 0; i < count; i += 8) {
        uint32_t byte = 0;
        for (size_t k = 0; k < 8 && i + k < count; k++)
            byte |= (uint32_t)values[i + k] << k;
        buf_append_char(out, (char)byte);
    }
}

bool decode_bits(struct str in, bool *values, size_t count) {
    if (in.len != (count + 7) / 8)
        return false;
    for (size_t i = 0; i < count; i++)
        values[i] = ((uint8_t)in.ptr[i / 8] >> (i % 8) & 1) != 0;
    return true;
}

void encode_levels(struct buf *out, const bool *is_present, size_t count) {
    size_t length_at = out->len, present = 0;

    for (size_t i = 0; i < count; i++)
        present += is_present[i];
    buf_append_u32(out, 0);
    if (present == count || present == 0) {
        buf_append_varint(out, count << 1);
        buf_append_char(out, present == count);
    } else {
        buf_append_varint(out, ((count + 7) / 8) << 1 | 1);
        encode_bits(out, is_present, count);
    }
    if (!out->failed) {
        uint32_t length = (uint32_t)(out->len - length_at - 4);
        memcpy(out->ptr + length_at, &length, 4);
    }
}

bool decode_levels(struct byte_reader *in, bool *is_present, size_t count) {
    struct byte_reader runs = bytes_from(bytes_take(in, bytes_u32(in)));
    size_t done = 0;

    while (done < count && !runs.failed) {
        uint64_t header = bytes_varint(&runs), length = header >> 1;
        size_t left = count - done;
        if ((header & 1) == 0) {
            bool level = bytes_u8(&runs) != 0;
            size_t n = length < left ? (size_t)length : left;
            memset(is_present + done, level, n);
            done += n;
            left = n;
        } else {
            struct str bits = bytes_take(&runs, length);
            size_t n = length * 8 < left && length < left ? (size_t)length * 8 : left;
            bits.len = bits.len < (n + 7) / 8 ? bits.len : (n + 7) / 8;
            if (runs.failed || !decode_bits(bits, is_present + done, n))
                return false;
            done += n;
            left = n;
        }
        if (left == 0)
            return false; /* an empty run would let few bytes ask for endless work */
    }
    return done == count && !in->failed && !runs.failed;
}
