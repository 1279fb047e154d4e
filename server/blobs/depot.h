/* depot.h - files under names, whole and for good once published.
 *
 * Without a bucket they lie in a folder. With one, the bucket is where they live, and the folder holds what was used
 * lately: what is missing there is fetched, and what was not used for long is dropped when the folder grows too large.
 * Names are paths of two or more parts; nothing is ever published twice under one name with other bytes.
 *
 * Threads: safe from all. Memory: depot_close.
 */
#ifndef SERVER_BLOBS_DEPOT_H
#define SERVER_BLOBS_DEPOT_H

#include "base/arena.h"

struct depot;
struct s3;

/* What is not finished goes at the next start, but for what lies in this folder of the depot's: see gather.h. */
#define DEPOT_KEPT "staged/gathered-1"

/* bucket NULL: the folder is all there is. Keys in the bucket begin with key_prefix. Makes the folder. */
MUST_CHECK enum err_code depot_open(struct depot **out, const char *folder, struct s3 *bucket, struct str key_prefix,
                                    struct err *err);
void depot_close(struct depot *depot); /* NULL is fine; the bucket stays open */
const char *depot_folder(const struct depot *depot);
bool depot_is_remote(const struct depot *depot);
struct s3 *depot_bucket(const struct depot *depot); /* NULL: there is none */

/* A new file in the depot's own place for what is not finished; the caller closes fd. *path goes to the arena. */
MUST_CHECK enum err_code depot_stage(struct depot *depot, int *fd, char **path, struct arena *arena, struct err *err);
/* Durable under its name when this returns, and no longer under the path it was written to. fd stays the caller's. */
MUST_CHECK enum err_code depot_publish(struct depot *depot, int fd, const char *path, struct str name, struct err *err);

/* The same for bytes that are in the bucket already, under another key. sha256: their digest in hex. path NULL: they are only there. */
MUST_CHECK enum err_code depot_publish_copy(struct depot *depot, struct str key, struct str sha256, const char *path, struct str name,
                                            struct err *err);

/* The same of a file that is synced, and keeps its path beside the name where the file system has links; for folders only. */
MUST_CHECK enum err_code depot_publish_linked(struct depot *depot, const char *path, struct str name, struct err *err);

struct depot_arrival {
    int fd;
    const char *path;
    struct str name;
    enum err_code code; /* how it ended */
    struct err err;
};
/* The same for several at once: many of them wait for the disk no longer than one does. Meant for small files: what
 * others are writing on that file system is waited for too. */
void depot_publish_all(struct depot *depot, struct depot_arrival *const *arrivals, size_t count);

/* For reading, the caller's to close. ERR_NOT_FOUND. */
MUST_CHECK enum err_code depot_read(struct depot *depot, struct str name, int *fd, struct err *err);
/* Exactly size bytes at offset; ERR_CORRUPT when the file ends before. A small part of what is only in the bucket is
 * read there, without fetching the rest. */
MUST_CHECK enum err_code depot_read_part(struct depot *depot, struct str name, uint64_t offset, size_t size, void *out,
                                         struct err *err);
/* Whether it lies in the bucket only. */
bool depot_is_far(const struct depot *depot, struct str name);
/* ERR_NOT_FOUND. A bucket that cannot be asked is an error, not an answer. */
MUST_CHECK enum err_code depot_size(struct depot *depot, struct str name, uint64_t *size_bytes, struct err *err);
/* Missing is OK. ERR_BUSY while somebody holds the depot's files. */
MUST_CHECK enum err_code depot_remove(struct depot *depot, struct str name, struct err *err);

/* Nothing is removed between these two: a backup copies what its copy of the database names. */
void depot_hold(struct depot *depot);
void depot_let_go(struct depot *depot);

/* Removes folders that nothing is in and nothing was since before_ms. */
void depot_remove_empty_folders(struct depot *depot, int64_t before_ms);

/* Every name that begins so, and when it was published. Ends when visit fails. */
typedef enum err_code depot_visit(void *context, struct str name, int64_t modified_ms, struct err *err);
MUST_CHECK enum err_code depot_list(struct depot *depot, struct str begins_with, depot_visit *visit, void *context,
                                    struct err *err);

/* An address in the bucket that anybody may read it from for so long; url->ptr NULL when it lies in the folder, which
 * is nearer, or when the bucket is not for clients. */
MUST_CHECK enum err_code depot_link(struct depot *depot, struct str name, int64_t expires_s, struct str disposition,
                                    struct str *url, struct arena *arena, struct err *err);

/* With a bucket: drops what was not used for longest until the folder holds no more than max_bytes, and aborts uploads
 * in parts that nobody ended for two days. To be called now and then. */
void depot_tidy(struct depot *depot, uint64_t max_bytes);

#endif
