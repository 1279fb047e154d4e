/* joint.h - one large file that is put together of its parts, in their order, as they become known.
 *
 * Threads: guarded by the joiner's lock, but for joint_append and joint_finish, which the one thread runs that has the
 * joint busy, without the lock: they touch the writer alone. Memory: heap.
 */
#ifndef SERVER_API_JOINT_H
#define SERVER_API_JOINT_H

#include "server/blobs/blobs.h"
#include "server/store/artifacts/artifact_file.h"

struct joiner_waiter;

struct joint_part {
    struct blob_id id;
    bool is_known;
};

struct joint {
    int64_t artifact_id;
    char *path;
    struct joint_part *parts;
    size_t part_room;
    size_t count;    /* of its parts; 0: nobody has asked for the file yet */
    size_t appended; /* of them, to the writer */
    struct blob_writer *writer;
    bool is_busy;      /* a thread has it: nobody else removes it */
    bool is_appending; /* the part after those that are appended */
    bool is_stale;     /* what was appended is not what is wanted */
    bool is_joined;
    enum err_code code; /* why it could not be joined */
    struct err err;
    struct blob_facts facts;
    int64_t used_at_ms;

    int64_t token;      /* of this server's lease; 0: none */
    int64_t look_at_ms; /* when to look whether another server is done with it; 0: none has it */

    struct joiner_waiter *waiters;
    size_t waiter_count;
    struct joint *next;
};

struct joint *joint_create(int64_t artifact_id, struct str path);
void joint_destroy(struct joint *joint);

bool joint_has_ended(const struct joint *joint);
/* Nobody waits for it. */
bool joint_is_idle(const struct joint *joint);
bool joint_has_next_part(const struct joint *joint);
bool joint_is_of(const struct joint *joint, const struct artifact_blob *parts, size_t count);

/* Counted from 0. */
void joint_set_part(struct joint *joint, size_t at, const unsigned char sha256[SHA256_BYTES]);
/* These parts and no more are the file. */
void joint_want(struct joint *joint, const struct artifact_blob *parts, size_t count);

/* Nobody asks for it, and what is in the writer is not wanted. */
void joint_forget_parts(struct joint *joint);

/* Ends early with ERR_BUSY once *is_stopping. */
MUST_CHECK enum err_code joint_append(struct joint *joint, struct blobs *blobs, const struct blob_id *id,
                                      const _Atomic bool *is_stopping, struct err *err);
/* The writer is gone, also on failure. */
MUST_CHECK enum err_code joint_finish(struct joint *joint, struct blob_facts *facts, struct err *err);

#endif
