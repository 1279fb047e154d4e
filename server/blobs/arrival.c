/* arrival.c - see arrival.h. */
#include "server/blobs/arrival.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "server/blobs/s3.h"

#include <unistd.h>

enum { PIECE_BYTES = 1 << 20, NAME_BYTES = 16 };

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

static enum err_code hash_file(int fd, uint64_t size, struct blob_facts *facts, struct arena *arena, struct err *err) {
    struct hash_stream *hash = hash_stream_create();
    char *piece = arena_alloc(arena, PIECE_BYTES);
    enum err_code code = OK;

    for (uint64_t done = 0; code == OK && done < size; done += PIECE_BYTES) {
        size_t len = size - done < PIECE_BYTES ? (size_t)(size - done) : PIECE_BYTES;
        code = file_read_at(fd, piece, len, done, "what arrived in the bucket", err);
        if (code == OK)
            hash_stream_add(hash, (struct str){ piece, len });
    }
    hash_stream_end(hash, facts->id.sha256, facts->md5);
    hash_stream_destroy(hash);
    facts->size_bytes = size;
    return code;
}

static enum err_code publish(struct depot *depot, struct str taken, int fd, const char *path, struct blob_facts *facts,
                             struct arena *arena, struct err *err) {
    uint64_t size;
    TRY(s3_fetch(depot_bucket(depot), taken, STR_EMPTY, fd, &size, err));
    TRY(hash_file(fd, size, facts, arena, err));
    struct str hex = hash_hex(facts->id.sha256, SHA256_BYTES, arena);
    struct str name = arena_printf(arena, "%.2s/%s", hex.ptr, hex.ptr + 2);
    return depot_publish_copy(depot, taken, hex, path, name, err);
}

static enum err_code adopt_taken(struct depot *depot, struct str taken, struct blob_facts *facts, struct arena *arena, struct err *err) {
    char *path;
    int fd;
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
