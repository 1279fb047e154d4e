/* blobs.c - see blobs.h. The name of a blob in the depot is ab/cdef..., its digest. */
#include "server/blobs/blobs.h"

#include "base/file.h"
#include "base/log.h"
#include "server/blobs/publisher.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    WRITE_BACK_BYTES = 8 << 20, /* the disk writes while more arrives, instead of all of a large file once it is whole */
    SMALL_BLOB_BYTES = 1 << 20,
    HELD_BYTES_MAX = 16 * 1024,
};

/* A bucket waits longer than it works: several go there at once, without holding a worker of the server. So does the disk with large
 * files, which are not synced together. */
enum { SMALL_TO_BUCKET_MAX = PUBLISHER_THREADS_MAX, LARGE_TO_BUCKET_MAX = 4, LARGE_TO_DISK_MAX = 4 };

struct blobs {
    struct depot *depot;
    struct publisher *publisher, *large_publisher; /* so that no small one waits for a large one */
    blob_find *find_small; /* NULL: there is no other place */
    void *find_context;
};

/* "ab/cdef..." */
struct blob_name {
    char text[SHA256_HEX_LEN + 2];
};

struct blob_writer {
    struct blobs *blobs;
    struct buf held; /* all of it, as long as there is no file */
    uint64_t size_bytes;

    /* Once it has a file: */
    struct arena *arena;
    struct hash_stream *hash;
    bool leaves_md5;
    uint64_t shared_left; /* of what comes, which is in the file already */
    int fd;
    char *path;

    /* For one that is published with others. */
    struct publishing publishing;
    struct blob_name name;
    blob_done *done;
    void *context;
};

static struct str name_of(const struct blob_id *id, struct blob_name *name) {
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        name->text[at++] = digits[id->sha256[i] >> 4];
        name->text[at++] = digits[id->sha256[i] & 15];
        if (i == 0)
            name->text[at++] = '/';
    }
    name->text[at] = '\0';
    return (struct str){ name->text, at };
}

struct blobs *blobs_create(struct depot *depot) {
    struct blobs *blobs = calloc(1, sizeof *blobs);
    if (blobs == NULL)
        log_fatal("out of memory: cannot open the blobs");
    blobs->depot = depot;
    bool is_remote = depot_is_remote(depot);
    blobs->publisher = publisher_create(depot, is_remote ? 1 : PUBLISHER_GROUP_MAX, is_remote ? SMALL_TO_BUCKET_MAX : 1);
    blobs->large_publisher = publisher_create(depot, 1, is_remote ? LARGE_TO_BUCKET_MAX : LARGE_TO_DISK_MAX);
    return blobs;
}

void blobs_look_first(struct blobs *blobs, blob_find *find, void *context) {
    blobs->find_small = find;
    blobs->find_context = context;
}

void blobs_destroy(struct blobs *blobs) {
    if (blobs == NULL)
        return;
    publisher_destroy(blobs->publisher);
    publisher_destroy(blobs->large_publisher);
    free(blobs);
}

static void writer_destroy(struct blob_writer *writer) {
    if (writer->fd >= 0)
        (void)close(writer->fd);
    buf_finish(&writer->held);
    hash_stream_destroy(writer->hash);
    arena_destroy(writer->arena);
    free(writer);
}

enum err_code blob_writer_create(struct blob_writer **out, struct blobs *blobs, struct err *err) {
    struct blob_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        log_fatal("out of memory: cannot begin an upload");

    (void)err;
    writer->blobs = blobs;
    writer->fd = -1;
    buf_init(&writer->held, HELD_BYTES_MAX);
    *out = writer;
    return OK;
}

void blob_writer_leave_md5(struct blob_writer *writer) {
    assert(writer->size_bytes == 0);
    writer->leaves_md5 = true;
}

/* As if it had never had one. */
static void take_file_back(struct blob_writer *writer) {
    if (writer->fd >= 0) {
        (void)close(writer->fd);
        (void)unlink(writer->path);
    }
    hash_stream_destroy(writer->hash);
    arena_destroy(writer->arena);
    writer->fd = -1;
    writer->path = NULL;
    writer->hash = NULL;
    writer->arena = NULL;
}

static enum err_code move_to_file(struct blob_writer *writer, struct err *err) {
    writer->arena = arena_create();
    TRY(depot_stage(writer->blobs->depot, &writer->fd, &writer->path, writer->arena, err));
    writer->hash = writer->leaves_md5 ? hash_stream_create_sha256() : hash_stream_create();
    hash_stream_add(writer->hash, buf_str(&writer->held));
    return file_write_all(writer->fd, buf_str(&writer->held), writer->path, err);
}

/* Where it fails it can be asked again: a file without its first bytes must not be gone on with. */
static enum err_code give_file(struct blob_writer *writer, struct err *err) {
    if (writer->fd >= 0)
        return OK;
    enum err_code code = move_to_file(writer, err);
    if (code == OK)
        buf_finish(&writer->held);
    else
        take_file_back(writer);
    return code;
}

/* Whole blocks can be shared, and what ends its file; ext4 shares none. */
void blob_writer_share(struct blob_writer *writer, int fd, uint64_t size_bytes) {
    struct file_clone_range range = { .src_fd = fd, .dest_offset = writer->size_bytes };
    struct err ignored;
    assert(writer->shared_left == 0);
    if (give_file(writer, &ignored) == OK && ioctl(writer->fd, FICLONERANGE, &range) == 0 && lseek(writer->fd, (off_t)size_bytes, SEEK_CUR) >= 0)
        writer->shared_left = size_bytes;
}

enum err_code blob_writer_add(struct blob_writer *writer, struct str bytes, struct err *err) {
    if (writer->fd < 0 && writer->size_bytes + bytes.len <= HELD_BYTES_MAX) {
        buf_append_str(&writer->held, bytes);
        writer->size_bytes += bytes.len;
        return buf_check(&writer->held, "a small upload", err);
    }
    TRY(give_file(writer, err));
    size_t shared = bytes.len < writer->shared_left ? bytes.len : (size_t)writer->shared_left;
    TRY(file_write_all(writer->fd, str_from(bytes, shared), writer->path, err));
    writer->shared_left -= shared;
    hash_stream_add(writer->hash, bytes);
    if ((writer->size_bytes + bytes.len) / WRITE_BACK_BYTES > writer->size_bytes / WRITE_BACK_BYTES)
        (void)sync_file_range(writer->fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* only begins it; the sync at the end is what counts */
    writer->size_bytes += bytes.len;
    return OK;
}

void blob_writer_cancel(struct blob_writer *writer) {
    struct err ignored;
    if (writer == NULL)
        return;
    if (writer->path != NULL && file_remove(writer->path, &ignored) != OK)
        log_warn("a cancelled upload stays until the next start: %s", ignored.message);
    writer_destroy(writer);
}

static struct str end_hash(struct blob_writer *writer, struct blob_facts *facts) {
    if (writer->hash != NULL) {
        hash_stream_end(writer->hash, facts->id.sha256, writer->leaves_md5 ? NULL : facts->md5);
    } else {
        hash_sha256(facts->id.sha256, buf_str(&writer->held));
        hash_md5(facts->md5, buf_str(&writer->held));
    }
    facts->size_bytes = writer->size_bytes;
    return name_of(&facts->id, &writer->name);
}

/* Bytes that are known already are stored once more: whoever sends them cannot tell by the time it takes. */
enum err_code blob_writer_finish(struct blob_writer *writer, struct blob_facts *facts, struct err *err) {
    enum err_code code = give_file(writer, err);
    if (code == OK)
        code = depot_publish(writer->blobs->depot, writer->fd, writer->path, end_hash(writer, facts), err);
    if (code != OK) {
        blob_writer_cancel(writer);
        return code;
    }
    writer_destroy(writer);
    return OK;
}

static void published(struct publishing *item) {
    struct blob_writer *writer = (struct blob_writer *)(void *)((char *)item - offsetof(struct blob_writer, publishing));
    struct depot_arrival arrival = item->arrival;
    blob_done *done = writer->done;
    void *context = writer->context;
    if (arrival.code == OK)
        writer_destroy(writer);
    else
        blob_writer_cancel(writer);
    done(context, arrival.code, &arrival.err);
}

void blob_writer_finish_later(struct blob_writer *writer, struct blob_facts *facts, blob_done *done, void *context) {
    struct blobs *blobs = writer->blobs;
    struct err err = { 0 };
    enum err_code code = give_file(writer, &err);
    if (code != OK) {
        blob_writer_cancel(writer);
        done(context, code, &err);
        return;
    }
    writer->done = done;
    writer->context = context;
    writer->publishing = (struct publishing){ .arrival = { .fd = writer->fd, .path = writer->path }, .done = published };
    writer->publishing.arrival.name = end_hash(writer, facts);
    publisher_add(writer->size_bytes <= SMALL_BLOB_BYTES ? blobs->publisher : blobs->large_publisher, &writer->publishing);
}

enum err_code blobs_publish_linked(struct blobs *blobs, const char *path, const struct blob_id *id, struct err *err) {
    struct blob_name name;
    return depot_publish_linked(blobs->depot, path, name_of(id, &name), err);
}

struct depot *blobs_depot(const struct blobs *blobs) {
    return blobs->depot;
}

bool blob_writer_hold(struct blob_writer *writer, struct blob_facts *facts, struct str *bytes) {
    if (writer->fd >= 0 || depot_is_remote(writer->blobs->depot))
        return false;
    (void)end_hash(writer, facts);
    *bytes = buf_str(&writer->held);
    return true;
}

enum err_code blobs_find_small(struct blobs *blobs, const struct blob_id *id, struct arena *arena, struct str *bytes, struct err *err) {
    *bytes = (struct str){ NULL, 0 };
    return blobs->find_small == NULL ? OK : blobs->find_small(blobs->find_context, id, arena, bytes, err);
}

/* A file that is only in memory, for those who read files. */
static enum err_code open_bytes(struct str bytes, int *fd, struct err *err) {
    *fd = memfd_create("blob", MFD_CLOEXEC);
    if (*fd < 0)
        return err_set_errno(err, errno, "cannot make a file of a small blob");
    enum err_code code = file_write_all(*fd, bytes, "a small blob", err);
    if (code == OK && lseek(*fd, 0, SEEK_SET) == 0)
        return OK;
    (void)close(*fd);
    *fd = -1;
    return code != OK ? code : err_set(err, ERR_IO, "cannot read a small blob");
}

static enum err_code read_small(struct blobs *blobs, const struct blob_id *id, int *fd, uint64_t *size_bytes, bool *is_there, struct err *err) {
    struct arena *arena = arena_create();
    struct str bytes;
    enum err_code code = blobs_find_small(blobs, id, arena, &bytes, err);
    *is_there = code == OK && bytes.ptr != NULL;
    *size_bytes = bytes.len;
    if (*is_there)
        code = open_bytes(bytes, fd, err);
    arena_destroy(arena);
    return code;
}

enum err_code blobs_read(struct blobs *blobs, const struct blob_id *id, int *fd, uint64_t *size_bytes, struct err *err) {
    struct blob_name name;
    struct stat facts;
    bool is_small;

    TRY(read_small(blobs, id, fd, size_bytes, &is_small, err));
    if (is_small)
        return OK;
    TRY(depot_read(blobs->depot, name_of(id, &name), fd, err));
    if (fstat(*fd, &facts) == 0) {
        *size_bytes = (uint64_t)facts.st_size;
        return OK;
    }
    int number = errno;
    (void)close(*fd);
    *fd = -1;
    return err_set_errno(err, number, "cannot read the blob %s", name.text);
}

enum err_code blobs_link(struct blobs *blobs, const struct blob_id *id, int64_t expires_s, struct str *url, struct arena *arena,
                         struct err *err) {
    struct blob_name name;
    return depot_link(blobs->depot, name_of(id, &name), expires_s, STR_EMPTY, url, arena, err);
}

bool blobs_has(struct blobs *blobs, const struct blob_id *id) {
    struct blob_name name;
    uint64_t size_bytes;
    struct err ignored = { 0 };
    struct arena *arena = arena_create();
    struct str bytes;
    bool is_small = blobs_find_small(blobs, id, arena, &bytes, &ignored) == OK && bytes.ptr != NULL;
    arena_destroy(arena);
    return is_small || depot_size(blobs->depot, name_of(id, &name), &size_bytes, &ignored) == OK;
}

enum err_code blobs_remove(struct blobs *blobs, const struct blob_id *id, struct err *err) {
    struct blob_name name;
    return depot_remove(blobs->depot, name_of(id, &name), err);
}
