/* blobs.c - see blobs.h. FOLDER/ab/cdef... for what is whole, FOLDER/staged/RANDOM for what is arriving. */
#include "server/blobs/blobs.h"

#include "base/file.h"
#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

enum { FOLDER_MODE = 0700, FILE_MODE = 0600, STAGED_NAME_BYTES = 16 };
/* A path has room for "/ab/" and a digest, or "/staged/" and a random name, after the folder. */
enum { FOLDER_MAX_BYTES = 3840, PATH_MAX_BYTES = FOLDER_MAX_BYTES + 256 };

struct blobs {
    char folder[FOLDER_MAX_BYTES];
};

struct blob_writer {
    struct blobs *blobs;
    struct hash_stream *hash;
    uint64_t size_bytes;
    int fd;
    char path[PATH_MAX_BYTES];
};

static void hex_of(char *out, const unsigned char *bytes, size_t size_bytes) {
    for (size_t i = 0; i < size_bytes; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static void folder_of(const struct blobs *blobs, const struct blob_id *id, char out[PATH_MAX_BYTES]) {
    (void)snprintf(out, PATH_MAX_BYTES, "%s/%02x", blobs->folder, id->sha256[0]);
}

static void path_of(const struct blobs *blobs, const struct blob_id *id, char out[PATH_MAX_BYTES]) {
    char hex[SHA256_HEX_LEN + 1];
    hex_of(hex, id->sha256, SHA256_BYTES);
    (void)snprintf(out, PATH_MAX_BYTES, "%s/%.2s/%s", blobs->folder, hex, hex + 2);
}

enum err_code blobs_open(struct blobs **out, const char *folder, struct err *err) {
    char staged[PATH_MAX_BYTES];
    if (strlen(folder) >= FOLDER_MAX_BYTES)
        return err_set(err, ERR_BAD_INPUT, "the name of the blobs' folder is longer than %d bytes", FOLDER_MAX_BYTES - 1);
    (void)snprintf(staged, sizeof staged, "%s/staged", folder);
    TRY(file_remove_tree(staged, err));
    TRY(file_make_folders(staged, FOLDER_MODE, err));
    struct blobs *blobs = calloc(1, sizeof *blobs);
    if (blobs == NULL)
        log_fatal("out of memory: cannot open the blobs");
    (void)snprintf(blobs->folder, sizeof blobs->folder, "%s", folder);
    *out = blobs;
    return OK;
}

void blobs_close(struct blobs *blobs) {
    free(blobs);
}

static void writer_destroy(struct blob_writer *writer) {
    if (writer->fd >= 0)
        (void)close(writer->fd);
    hash_stream_destroy(writer->hash);
    free(writer);
}

enum err_code blob_writer_create(struct blob_writer **out, struct blobs *blobs, struct err *err) {
    unsigned char name[STAGED_NAME_BYTES];
    char hex[2 * STAGED_NAME_BYTES + 1];
    struct blob_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        log_fatal("out of memory: cannot begin an upload");

    writer->blobs = blobs;
    writer->fd = -1;
    hash_random(name, sizeof name);
    hex_of(hex, name, sizeof name);
    (void)snprintf(writer->path, sizeof writer->path, "%s/staged/%s", blobs->folder, hex);
    enum err_code code = file_open(&writer->fd, writer->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE, err);
    if (code != OK) {
        writer_destroy(writer);
        return code;
    }
    writer->hash = hash_stream_create();
    *out = writer;
    return OK;
}

enum err_code blob_writer_add(struct blob_writer *writer, struct str bytes, struct err *err) {
    TRY(file_write_all(writer->fd, bytes, writer->path, err));
    hash_stream_add(writer->hash, bytes);
    writer->size_bytes += bytes.len;
    return OK;
}

void blob_writer_cancel(struct blob_writer *writer) {
    struct err ignored;
    if (writer == NULL)
        return;
    if (file_remove(writer->path, &ignored) != OK)
        log_warn("a cancelled upload stays until the next start: %s", ignored.message);
    writer_destroy(writer);
}

/* The two-letter folder must itself survive a power cut, so its parent is synced when it is new. */
static enum err_code make_folder(const struct blobs *blobs, const struct blob_id *id, struct err *err) {
    char folder[PATH_MAX_BYTES];
    folder_of(blobs, id, folder);
    if (file_exists(folder))
        return OK;
    TRY(file_make_folders(folder, FOLDER_MODE, err));
    file_sync_folder(blobs->folder);
    return OK;
}

enum err_code blob_writer_finish(struct blob_writer *writer, struct blob_facts *facts, struct err *err) {
    char path[PATH_MAX_BYTES];
    hash_stream_end(writer->hash, facts->id.sha256, facts->md5);
    facts->size_bytes = writer->size_bytes;
    path_of(writer->blobs, &facts->id, path);
    if (file_exists(path)) {
        char folder[PATH_MAX_BYTES];
        folder_of(writer->blobs, &facts->id, folder);
        /* Whoever renamed it may have died before the folder was synced. */
        file_sync_folder(folder);
        blob_writer_cancel(writer);
        return OK;
    }
    enum err_code code = make_folder(writer->blobs, &facts->id, err);
    if (code == OK)
        code = file_publish(writer->fd, writer->path, path, err);
    if (code != OK) {
        blob_writer_cancel(writer);
        return code;
    }
    writer_destroy(writer);
    return OK;
}

enum err_code blobs_read(struct blobs *blobs, const struct blob_id *id, int *fd, uint64_t *size_bytes, struct err *err) {
    char path[PATH_MAX_BYTES];
    path_of(blobs, id, path);
    TRY(file_open(fd, path, O_RDONLY | O_CLOEXEC, 0, err));
    enum err_code code = file_size(size_bytes, path, err);
    if (code != OK) {
        (void)close(*fd);
        *fd = -1;
    }
    return code;
}

bool blobs_has(struct blobs *blobs, const struct blob_id *id) {
    char path[PATH_MAX_BYTES];
    path_of(blobs, id, path);
    return file_exists(path);
}

enum err_code blobs_remove(struct blobs *blobs, const struct blob_id *id, struct err *err) {
    char path[PATH_MAX_BYTES];
    path_of(blobs, id, path);
    return file_remove(path, err);
}
