/* joint.h - one large file that is put together of its parts, in their order, as they become known.
 *
 * Parts that lie at their places in a gather already are only hashed, and the gather becomes the file; a part that was kept as a
 * blob is copied to its place. Where that cannot be, because a place is taken by another version of its part or parts do not
 * follow each other there, all of them are copied to a file of its own.
 *
 * Threads: guarded by the joiner's lock, but for joint_append and joint_finish, which the one thread runs that has the
 * joint busy, without the lock: they touch only what is theirs. Memory: heap.
 */
#ifndef SERVER_API_JOINT_H
#define SERVER_API_JOINT_H

#include "server/blobs/gather.h"

struct joiner_waiter;
struct twin_hash;

struct joint_part {
    bool is_known;
    bool is_placed, is_blob; /* in the gather under its md5, as a blob, or, once it was copied to its place, both */
    struct blob_id id;
    unsigned char md5[MD5_BYTES];
};

struct joint {
    int64_t artifact_id;
    char *path;
    struct gather *gather; /* NULL: no part has a place, or nobody has looked */
    struct joint_part *parts;
    size_t part_room;
    size_t count;    /* of its parts; 0: nobody has asked for the file yet */
    size_t appended; /* of them */
    bool is_busy;      /* a thread has it: nobody else removes it */
    bool is_appending; /* the part after those that are appended */
    bool is_stale;     /* what was appended is not what is wanted */
    bool is_joined;
    enum err_code code; /* why it could not be joined */
    struct err err;
    struct blob_facts facts;
    int64_t used_at_ms;

    /* Of the thread that has it busy. */
    struct blob_writer *writer; /* where parts are copied to; NULL: none was, or they are in their places */
    struct twin_hash *hash;     /* of those in their places */
    uint64_t offset;            /* where these end */
    bool must_copy;             /* they cannot stay where they are */

    int64_t token;      /* of this server's lease; 0: none */
    int64_t look_at_ms; /* when to look whether another server is done with it; 0: none has it */

    struct joiner_waiter *waiters;
    size_t waiter_count;
    struct joint *next;
};

struct joint *joint_create(int64_t artifact_id, struct str path);
void joint_destroy(struct joint *joint);

bool joint_has_ended(const struct joint *joint);
/* Nobody waits for it, and nobody writes a part of it. */
bool joint_is_idle(const struct joint *joint);
bool joint_has_next_part(const struct joint *joint);
bool joint_is_of(const struct joint *joint, const struct joint_part *parts, size_t count);

/* Counted from 0. */
void joint_set_part(struct joint *joint, size_t at, const struct joint_part *part);
/* A blob was copied to its place. */
void joint_set_placed(struct joint *joint, size_t at, const struct joint_part *part);
/* These parts and no more are the file. */
void joint_want(struct joint *joint, const struct joint_part *parts, size_t count);

/* Nobody asks for it, and what was appended is not wanted. */
void joint_forget_parts(struct joint *joint);

/* gather: the joint's, looked up under the lock. Ends early with ERR_BUSY once *is_stopping. Where *must_begin_again, nothing has
 * been appended, and parts are copied from then on. */
MUST_CHECK enum err_code joint_append(struct joint *joint, struct gather *gather, struct blobs *blobs, const struct joint_part *part,
                                      const _Atomic bool *is_stopping, bool *must_begin_again, struct err *err);
MUST_CHECK enum err_code joint_finish(struct joint *joint, struct gather *gather, struct blob_facts *facts, bool *must_begin_again,
                                      struct err *err);
/* What was appended is forgotten. */
void joint_begin_again(struct joint *joint);

#endif
