/* tar.c - see tar.h. */
#include "base/tar.h"

#include <string.h>

/* Where things stand in a head. Numbers are octal digits, or big-endian binary after a set highest bit. */
enum {
    NAME_AT = 0, NAME_BYTES = 100,
    MODE_AT = 100, MODE_BYTES = 8,
    OWNER_AT = 108, GROUP_AT = 116,
    SIZE_AT = 124, SIZE_BYTES = 12,
    TIME_AT = 136, TIME_BYTES = 12,
    SUM_AT = 148, SUM_BYTES = 8,
    TYPE_AT = 156,
    MAGIC_AT = 257,
    PREFIX_AT = 345, PREFIX_BYTES = 155,
};

static const uint64_t octal_max = ((uint64_t)1 << 33) - 1; /* eleven digits */

/* ---- writing ---- */

static void put_octal(char *field, size_t bytes, uint64_t value) {
    for (size_t i = bytes - 1; i-- > 0; value >>= 3)
        field[i] = (char)('0' + (value & 7));
    field[bytes - 1] = '\0';
}

static void put_size(char *field, uint64_t value) {
    if (value <= octal_max) {
        put_octal(field, SIZE_BYTES, value);
        return;
    }
    for (size_t i = SIZE_BYTES; i-- > 0; value >>= 8)
        field[i] = (char)(value & 0xff);
    field[0] = (char)0x80;
}

/* The sum of all bytes, its own field counted as spaces. */
static unsigned sum_of(const char *block) {
    unsigned sum = 0;
    for (size_t i = 0; i < TAR_BLOCK_BYTES; i++)
        sum += i >= SUM_AT && i < SUM_AT + SUM_BYTES ? ' ' : (unsigned char)block[i];
    return sum;
}

/* A long name is cut at a '/' into two fields. */
static bool put_name(char *block, const char *name) {
    size_t len = strlen(name);
    if (len <= NAME_BYTES) {
        memcpy(block + NAME_AT, name, len);
        return true;
    }
    for (size_t cut = len - 1; cut > 0; cut--)
        if (name[cut] == '/' && cut <= PREFIX_BYTES && len - cut - 1 <= NAME_BYTES && len - cut - 1 > 0) {
            memcpy(block + PREFIX_AT, name, cut);
            memcpy(block + NAME_AT, name + cut + 1, len - cut - 1);
            return true;
        }
    return false;
}

enum err_code tar_append_head(struct buf *out, const struct tar_entry *entry, struct err *err) {
    char block[TAR_BLOCK_BYTES] = { 0 };

    if (!put_name(block, entry->name))
        return err_set(err, ERR_BAD_INPUT, "the name '%s' does not fit into an archive", entry->name);
    put_octal(block + MODE_AT, MODE_BYTES, entry->mode & 0777);
    put_octal(block + OWNER_AT, MODE_BYTES, 0);
    put_octal(block + GROUP_AT, MODE_BYTES, 0);
    put_size(block + SIZE_AT, entry->size_bytes);
    put_octal(block + TIME_AT, TIME_BYTES, entry->modified_s < 0 ? 0 : (uint64_t)entry->modified_s & octal_max);
    block[TYPE_AT] = '0';
    memcpy(block + MAGIC_AT, "ustar\00000", 8);
    put_octal(block + SUM_AT, SUM_BYTES - 1, sum_of(block));
    block[SUM_AT + SUM_BYTES - 1] = ' ';
    buf_append(out, block, sizeof block);
    return OK;
}

uint64_t tar_padded(uint64_t size_bytes) {
    return (size_bytes + TAR_BLOCK_BYTES - 1) / TAR_BLOCK_BYTES * TAR_BLOCK_BYTES;
}

void tar_append_padding(struct buf *out, uint64_t size_bytes) {
    static const char zeros[TAR_BLOCK_BYTES];
    buf_append(out, zeros, (size_t)(tar_padded(size_bytes) - size_bytes));
}

void tar_append_end(struct buf *out) {
    static const char zeros[2 * TAR_BLOCK_BYTES];
    buf_append(out, zeros, sizeof zeros);
}

/* ---- reading ---- */

static bool read_octal(const char *field, size_t bytes, uint64_t *out) {
    size_t i = 0;
    while (i < bytes && field[i] == ' ')
        i++;
    size_t first = i;
    for (*out = 0; i < bytes && field[i] >= '0' && field[i] <= '7'; i++) {
        if (*out >> 60 != 0)
            return false;
        *out = *out << 3 | (uint64_t)(field[i] - '0');
    }
    return i > first && (i == bytes || field[i] == ' ' || field[i] == '\0');
}

static bool read_size(const char *field, uint64_t *out) {
    if (((unsigned char)field[0] & 0x80) == 0)
        return read_octal(field, SIZE_BYTES, out);
    *out = 0;
    for (size_t i = 1; i < SIZE_BYTES; i++) {
        if (*out >> 55 != 0)
            return false;
        *out = *out << 8 | (unsigned char)field[i];
    }
    return true;
}

static void read_name(const char *block, char *out) {
    size_t prefix = strnlen(block + PREFIX_AT, PREFIX_BYTES), len = strnlen(block + NAME_AT, NAME_BYTES);
    if (memcmp(block + MAGIC_AT, "ustar\0", 6) != 0)
        prefix = 0;
    memcpy(out, block + PREFIX_AT, prefix);
    if (prefix > 0)
        out[prefix++] = '/';
    memcpy(out + prefix, block + NAME_AT, len);
    out[prefix + len] = '\0';
}

enum err_code tar_read_head(const char *block, struct tar_entry *out, bool *is_end, struct err *err) {
    static const char zeros[TAR_BLOCK_BYTES];
    uint64_t sum, mode, modified;

    *is_end = memcmp(block, zeros, sizeof zeros) == 0;
    if (*is_end)
        return OK;
    if (!read_octal(block + SUM_AT, SUM_BYTES, &sum) || sum != sum_of(block))
        return err_set(err, ERR_CORRUPT, "this is no tar archive, or it is damaged");
    if (!read_size(block + SIZE_AT, &out->size_bytes) || !read_octal(block + MODE_AT, MODE_BYTES, &mode) ||
        !read_octal(block + TIME_AT, TIME_BYTES, &modified))
        return err_set(err, ERR_CORRUPT, "a number in the archive cannot be read");
    read_name(block, out->name);
    if (block[TYPE_AT] != '0' && block[TYPE_AT] != '\0')
        return err_set(err, ERR_BAD_INPUT, "'%s' in the archive is no plain file", out->name);
    out->mode = (uint32_t)(mode & 0777);
    out->modified_s = (int64_t)modified;
    return OK;
}
