/* arrival.c - see arrival.h. */
#include "server/blobs/arrival.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "server/blobs/s3.h"

#include <unistd.h>

enum { PIECE_BYTES = 4 << 20, FETCHED_BYTES_MAX = 16 << 20, NAME_BYTES = 16 };
#define ARRIVAL_BYTES_MAX (INT64_C(5) << 30) /* no put may be larger at Amazon, and no copy */

#define ARRIVING "arriving/"
#define TAKEN ARRIVING "taken/"

static struct str key_of(struct str name, struct arena *arena) {
    return arena_printf(arena, ARRIVING "%.*s", STR_ARG(name));
}

enum err_code arrival_link(struct depot *depot, struct str name, int64_t expires_s, struct str *url, struct arena *arena,
                           struct err *err) {
    struct s3 *bucket = depot_bucket(depot);
    *url = (struct str){ NULL, 0 };
    if (bucket == NULL || !s3_is_direct(bucket))
        return OK;
    return s3_link(bucket, STR("PUT"), key_of(name, arena), expires_s, STR_EMPTY, url, arena, err);
}

/* fd -1: it is read in the bucket. */
static enum err_code read_piece(struct depot *depot, struct str taken, int fd, uint64_t at, char *piece, size_t len, struct err *err) {
    return fd < 0 ? s3_read(depot_bucket(depot), taken, at, len, piece, err) : file_read_at(fd, piece, len, at, "what arrived in the bucket", err);
}

static enum err_code hash_taken(struct depot *depot, struct str taken, int fd, struct blob_facts *facts, struct arena *arena, struct err *err) {
    struct hash_stream *hash = hash_stream_create();
    char *piece = arena_alloc(arena, PIECE_BYTES);
    enum err_code code = OK;

    for (uint64_t done = 0; code == OK && done < facts->size_bytes; done += PIECE_BYTES) {
        size_t len = facts->size_bytes - done < PIECE_BYTES ? (size_t)(facts->size_bytes - done) : PIECE_BYTES;
        code = read_piece(depot, taken, fd, done, piece, len, err);
        if (code == OK)
            hash_stream_add(hash, (struct str){ piece, len });
    }
    hash_stream_end(hash, facts->id.sha256, facts->md5);
    hash_stream_destroy(hash);
    return code;
}

/* path: of the file of fd; NULL: there is none. */
static enum err_code publish(struct depot *depot, struct str taken, int fd, const char *path, struct blob_facts *facts,
                             struct arena *arena, struct err *err) {
    if (fd >= 0)
        TRY(s3_fetch(depot_bucket(depot), taken, STR_EMPTY, fd, &facts->size_bytes, err));
    TRY(hash_taken(depot, taken, fd, facts, arena, err));
    struct str hex = hash_hex(facts->id.sha256, SHA256_BYTES, arena);
    struct str name = arena_printf(arena, "%.2s/%s", hex.ptr, hex.ptr + 2);
    return depot_publish_copy(depot, taken, hex, path, name, err);
}

/* Nobody was asked how much room there is here for what somebody put there: what is not small is not fetched. */
static enum err_code adopt_taken(struct depot *depot, struct str taken, struct blob_facts *facts, struct arena *arena, struct err *err) {
    char *path;
    int fd;
    TRY(s3_size(depot_bucket(depot), taken, &facts->size_bytes, err));
    if (facts->size_bytes > (uint64_t)ARRIVAL_BYTES_MAX)
        return err_set(err, ERR_TOO_LARGE, "what was put into the bucket has %llu bytes, more than the limit of %lld: send it in parts",
                       (unsigned long long)facts->size_bytes, (long long)ARRIVAL_BYTES_MAX);
    if (facts->size_bytes > FETCHED_BYTES_MAX)
        return publish(depot, taken, -1, NULL, facts, arena, err);
    TRY(depot_stage(depot, &fd, &path, arena, err));
    enum err_code code = publish(depot, taken, fd, path, facts, arena, err);
    if (code != OK)
        (void)unlink(path);
    (void)close(fd);
    return code;
}

enum err_code arrival_adopt(struct depot *depot, struct str name, struct blob_facts *facts, struct err *err) {
    struct arena *arena = arena_create();
    struct str key = key_of(name, arena);
    unsigned char random[NAME_BYTES];
    struct err ignored = { 0 };

    hash_random(random, sizeof random);
    struct str hex = hash_hex(random, sizeof random, arena), taken = arena_printf(arena, TAKEN "%.*s", STR_ARG(hex));
    enum err_code code = s3_copy(depot_bucket(depot), key, taken, STR_EMPTY, err);
    if (code == OK) {
        code = adopt_taken(depot, taken, facts, arena, err);
        (void)!s3_remove(depot_bucket(depot), taken, &ignored); /* what stays goes with arrival_tidy */
        if (code == OK)
            (void)!s3_remove(depot_bucket(depot), key, &ignored);
    }
    arena_destroy(arena);
    return code;
}

/* ---- what nobody asked for ---- */

struct tidying {
    struct s3 *bucket;
    int64_t before_ms, count;
};

static enum err_code remove_old(void *context, struct str key, uint64_t size, int64_t modified_ms, struct err *err) {
    struct tidying *tidying = context;
    (void)size;
    if (modified_ms > tidying->before_ms)
        return OK;
    tidying->count++;
    return s3_remove(tidying->bucket, key, err);
}

void arrival_tidy(struct depot *depot, int64_t older_than_ms) {
    struct tidying tidying = { .bucket = depot_bucket(depot), .before_ms = clock_wall_ms() - older_than_ms };
    struct err err = { 0 };

    if (tidying.bucket == NULL || !s3_is_direct(tidying.bucket))
        return;
    if (s3_list(tidying.bucket, STR(ARRIVING), remove_old, &tidying, &err) != OK)
        log_warn("cannot look for files in the bucket that belong to nothing: %s", err.message);
    if (tidying.count > 0)
        log_info("removed %lld files from the bucket that no version took", (long long)tidying.count);
}
