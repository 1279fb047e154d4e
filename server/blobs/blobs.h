/* blobs.h - bytes kept under the SHA-256 that the server computed of them, in a depot.
 *
 * An upload is staged under a random name, hashed while it is written, synced, and only then renamed to its final
 * name: nothing ever changes what has a final name, and a blob that is linked is whole. The same bytes twice are one blob. Small ones
 * may be kept elsewhere, by whoever takes them (blob_writer_hold): blobs_look_first tells where they are found again.
 * What a blob belongs to is the store's business; a blob without an owner is garbage.
 *
 * Threads: a struct blobs may be used by all threads; a writer belongs to one at a time. Memory: heap.
 */
#ifndef SERVER_BLOBS_H
#define SERVER_BLOBS_H

#include "base/arena.h"
#include "base/hash.h"

struct blobs;
struct depot;

struct blob_id {
    unsigned char sha256[SHA256_BYTES];
};

struct blob_facts {
    struct blob_id id;
    unsigned char md5[MD5_BYTES];
    uint64_t size_bytes;
};

/* The depot must outlive the blobs. */
struct blobs *blobs_create(struct depot *depot);
void blobs_destroy(struct blobs *blobs); /* NULL is fine */

/* Finds small bytes that are in no depot. bytes->ptr NULL: they are not there. */
typedef enum err_code blob_find(void *context, const struct blob_id *id, struct arena *arena, struct str *bytes, struct err *err);
/* Before anybody reads. */
void blobs_look_first(struct blobs *blobs, blob_find *find, void *context);

struct blob_writer;
MUST_CHECK enum err_code blob_writer_create(struct blob_writer **out, struct blobs *blobs, struct err *err);
MUST_CHECK enum err_code blob_writer_add(struct blob_writer *writer, struct str bytes, struct err *err);
/* What is added next is the whole of this file: where the file system can, the two share its blocks from now on, and the bytes
 * are only hashed. The file must not change. */
void blob_writer_share(struct blob_writer *writer, int fd, uint64_t size_bytes);
/* Before the first byte: who writes knows the MD5, and facts->md5 is left alone. */
void blob_writer_leave_md5(struct blob_writer *writer);
/* The blob is durable under its final name. The writer is gone, also on failure. */
MUST_CHECK enum err_code blob_writer_finish(struct blob_writer *writer, struct blob_facts *facts, struct err *err);
/* The same without waiting: `done` is called once the blob is durable, or could not be made so, from any thread, also from
 * within this call. Small blobs that end side by side wait for the disk together, large ones by themselves. */
typedef void blob_done(void *context, enum err_code code, const struct err *err);
void blob_writer_finish_later(struct blob_writer *writer, struct blob_facts *facts, blob_done *done, void *context);
/* Small bytes wait in memory. True when these do: whoever keeps them where blobs_look_first finds them cancels the writer, which has
 * *bytes until then. False when they are written already, or a bucket is where blobs live. */
bool blob_writer_hold(struct blob_writer *writer, struct blob_facts *facts, struct str *bytes);
void blob_writer_cancel(struct blob_writer *writer); /* NULL is fine */

/* A synced file of the depot's staging folder that has that digest is a blob, too; see depot_publish_linked. */
MUST_CHECK enum err_code blobs_publish_linked(struct blobs *blobs, const char *path, const struct blob_id *id, struct err *err);
struct depot *blobs_depot(const struct blobs *blobs);

/* Those that are in no depot; bytes->ptr NULL: it is none of them, or there is none. */
MUST_CHECK enum err_code blobs_find_small(struct blobs *blobs, const struct blob_id *id, struct arena *arena, struct str *bytes,
                                          struct err *err);
/* A file descriptor for reading, the caller's to close. ERR_NOT_FOUND when there is no such blob. */
MUST_CHECK enum err_code blobs_read(struct blobs *blobs, const struct blob_id *id, int *fd, uint64_t *size_bytes,
                                    struct err *err);
/* See depot_link; not of small ones. */
MUST_CHECK enum err_code blobs_link(struct blobs *blobs, const struct blob_id *id, int64_t expires_s, struct str *url, struct arena *arena,
                                    struct err *err);
/* False as well when the bucket cannot be asked: whoever needs the blob comes again. */
bool blobs_has(struct blobs *blobs, const struct blob_id *id);
/* From the depot. Missing is OK. */
MUST_CHECK enum err_code blobs_remove(struct blobs *blobs, const struct blob_id *id, struct err *err);

#endif
