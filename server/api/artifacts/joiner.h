/* joiner.h - puts the parts of large files together, each file once however often it is asked for.
 *
 * It follows an upload: what has arrived in order is hashed and written to the file while the next parts come, so that
 * little is left when the client says that it was the last. A client that has asked waits for the end without a worker,
 * and so does the same client that lost its patience and asks again: all of them get what the one join made. Over
 * several servers a lease of that file lets one of them join while the others wait for its end.
 *
 * A file that nobody goes on with is dropped after a while, and what was joined is forgotten soon: the draft has it.
 *
 * Threads: safe from all. Memory: heap; a waiter stays its owner's and is not moved until it is resumed.
 */
#ifndef SERVER_API_JOINER_H
#define SERVER_API_JOINER_H

#include "server/api/artifacts/joint.h"
#include "server/blobs/settler.h"

struct app;
struct joiner;

/* Of a draft. */
struct joiner_file {
    int64_t artifact_id, made_ms; /* when the draft was */
    struct str path;
};

struct joiner_waiter {
    int64_t artifact_id;
    struct str path;
    void (*resume)(void *context); /* from a thread of the joiner: ask again */
    void *context;
    struct joiner_waiter *next;
};

/* Its threads begin with the first part. idle_max_ms: how long a file is kept that nobody goes on with; 0: ten minutes. */
struct joiner *joiner_create(struct app *app, int64_t idle_max_ms);
/* Whoever waits is resumed, and whoever asks from now on is told to come again. */
void joiner_stop(struct joiner *joiner);       /* NULL is fine */
void joiner_destroy(struct joiner *joiner); /* after joiner_stop; NULL is fine */

/* ---- parts arrive ---- */

/* Where part `number`, from 1, of `count` is to be written to. NULL: it is to be kept as a blob. */
struct gather_place *joiner_claim(struct joiner *joiner, const struct joiner_file *file, size_t number, size_t count, uint64_t size_bytes);
/* Makes it durable, see settler.h; then joiner_note_part. */
void joiner_settle(struct joiner *joiner, struct settling *item);
/* A part has arrived and is stored. */
void joiner_note_part(struct joiner *joiner, const struct joiner_file *file, size_t number, const struct joint_part *part);

/* ---- they become the file ---- */

/* Of these parts, in their order and known by their MD5, sets is_known and is_placed of those that lie at their places. */
void joiner_find_placed(struct joiner *joiner, const struct joiner_file *file, struct joint_part *parts, size_t count);
/* The file of these parts, in their order. *is_pending: it is being made, wait for it; else *facts are there. */
MUST_CHECK enum err_code joiner_ask(struct joiner *joiner, const struct joiner_file *file, const struct joint_part *parts, size_t count,
                                    struct blob_facts *facts, bool *is_pending, struct err *err);
/* What it became may be gone: it is made again when it is asked for. */
void joiner_doubt(struct joiner *joiner, const struct joiner_file *file);
/* The draft has the file: its parts may go. */
void joiner_forget(struct joiner *joiner, const struct joiner_file *file);
/* False: there is nothing to wait for any more, ask again. */
bool joiner_wait(struct joiner *joiner, struct joiner_waiter *waiter);

/* ---- for the collector ---- */

/* The draft of a gather of that name. False: no draft has such a one. */
bool joiner_name_parse(struct str gather_name, int64_t *artifact_id, int64_t *made_ms);

#endif
