/* archive.c - see archive.h. */
#include "cli/archive.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "server/api/backup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 1 << 20, ABOUT_MAX = 4096 };

#define ABOUT "barograph-backup.json"
#define SUMS "SHA256SUMS"

struct reading {
    int fd;
    archive_open_file *open_file;
    void *context;
    struct archive_facts *facts;
    struct arena *arena;
    char *piece;
    struct hash_stream *sums; /* of the lines that SHA256SUMS should have */
    bool has_about, has_sums;
};

static enum err_code read_exactly(int fd, char *out, size_t len, struct err *err) {
    while (len > 0) {
        ssize_t got = read(fd, out, len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(err, errno, "cannot read the archive");
        if (got == 0)
            return err_set(err, ERR_CORRUPT, "the archive ends too early");
        out += got;
        len -= (size_t)got;
    }
    return OK;
}

/* ABOUT comes first: what is no backup of ours is refused before anything is written. */
static enum err_code check_about(struct reading *reading, struct str text, struct err *err) {
    struct json_value *about;
    if (json_parse(&about, text, JSON_STRICT, reading->arena, err) != OK)
        return err_add_context(err, ABOUT);
    int64_t format = json_get_int(about, STR("format"), 0);
    if (format < 1 || format > BACKUP_FORMAT)
        return err_set(err, ERR_NOT_OFFERED, "this backup has format %lld; this program reads up to %d", (long long)format, BACKUP_FORMAT);
    reading->has_about = true;
    return OK;
}

static enum err_code copy_bytes(struct reading *reading, const struct tar_entry *entry, int out, unsigned char sha256[SHA256_BYTES],
                                struct err *err) {
    struct hash_stream *hash = hash_stream_create_sha256();
    enum err_code code = OK;

    for (uint64_t left = entry->size_bytes; code == OK && left > 0;) {
        size_t len = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
        code = read_exactly(reading->fd, reading->piece, len, err);
        if (code == OK)
            hash_stream_add(hash, (struct str){ reading->piece, len });
        if (code == OK && out >= 0)
            code = file_write_all(out, (struct str){ reading->piece, len }, entry->name, err);
        left -= len;
    }
    if (code == OK && !reading->has_about)
        code = check_about(reading, (struct str){ reading->piece, (size_t)entry->size_bytes }, err);
    hash_stream_end(hash, sha256, NULL);
    hash_stream_destroy(hash);
    return code;
}

static enum err_code check_sums(struct reading *reading, const unsigned char found[SHA256_BYTES], struct err *err) {
    unsigned char expected[SHA256_BYTES];
    hash_stream_end(reading->sums, expected, NULL);
    reading->has_sums = true;
    if (hash_equal(found, expected, SHA256_BYTES))
        return OK;
    return err_set(err, ERR_CORRUPT, "the archive's bytes are not those that were backed up");
}

static void note_sum(struct reading *reading, const unsigned char sha256[SHA256_BYTES], const char *name) {
    struct str hex = hash_hex(sha256, SHA256_BYTES, reading->arena);
    hash_stream_add(reading->sums, arena_printf(reading->arena, "%.*s  %s\n", STR_ARG(hex), name));
    arena_reset(reading->arena);
}

static enum err_code read_file(struct reading *reading, const struct tar_entry *entry, struct err *err) {
    bool is_about = strcmp(entry->name, ABOUT) == 0, is_sums = strcmp(entry->name, SUMS) == 0;
    unsigned char sha256[SHA256_BYTES];
    int out = -1;

    if (is_about == reading->has_about || (is_about && entry->size_bytes > ABOUT_MAX) || reading->has_sums)
        return err_set(err, ERR_BAD_INPUT, "this is no backup of a barograph server");
    if (!is_about && !is_sums && reading->open_file != NULL)
        TRY(reading->open_file(reading->context, entry, &out, err));
    enum err_code code = copy_bytes(reading, entry, out, sha256, err);
    if (code == OK && out >= 0)
        file_sync(out, entry->name);
    if (out >= 0)
        (void)close(out);
    TRY(code);
    TRY(read_exactly(reading->fd, reading->piece, (size_t)(tar_padded(entry->size_bytes) - entry->size_bytes), err));
    reading->facts->file_count += !is_about && !is_sums;
    reading->facts->byte_count += entry->size_bytes;
    if (is_sums)
        return check_sums(reading, sha256, err);
    note_sum(reading, sha256, entry->name);
    return OK;
}

static enum err_code read_all(struct reading *reading, struct err *err) {
    char block[TAR_BLOCK_BYTES];
    struct tar_entry entry;
    bool is_end;

    for (;;) {
        TRY(read_exactly(reading->fd, block, sizeof block, err));
        TRY(tar_read_head(block, &entry, &is_end, err));
        if (is_end)
            return reading->has_sums ? OK : err_set(err, ERR_CORRUPT, "the archive lacks its digests");
        TRY(read_file(reading, &entry, err));
    }
}

enum err_code archive_read(int fd, archive_open_file *open_file, void *context, struct archive_facts *facts, struct err *err) {
    struct arena *lasting = arena_create();
    struct reading reading = { .fd = fd, .open_file = open_file, .context = context, .facts = facts, .arena = arena_create(),
                               .piece = arena_alloc(lasting, PIECE_BYTES), .sums = hash_stream_create_sha256() };
    *facts = (struct archive_facts){ 0 };
    enum err_code code = read_all(&reading, err);
    hash_stream_destroy(reading.sums);
    arena_destroy(reading.arena);
    arena_destroy(lasting);
    return code;
}
