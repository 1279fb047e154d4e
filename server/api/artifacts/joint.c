/* joint.c - see joint.h. */
#include "server/api/artifacts/joint.h"

#include "base/file.h"
#include "base/log.h"
#include "server/blobs/twin_hash.h"

#include <stdlib.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 19 };

static void *need(void *memory) {
    if (memory == NULL)
        log_fatal("out of memory: cannot put parts together");
    return memory;
}

struct joint *joint_create(int64_t artifact_id, struct str path) {
    struct joint *joint = need(calloc(1, sizeof *joint));
    joint->artifact_id = artifact_id;
    joint->path = need(strndup(path.ptr, path.len));
    return joint;
}

void joint_begin_again(struct joint *joint) {
    blob_writer_cancel(joint->writer);
    twin_hash_cancel(joint->hash);
    joint->writer = NULL;
    joint->hash = NULL;
    joint->offset = 0;
}

void joint_destroy(struct joint *joint) {
    joint_begin_again(joint);
    gather_close(joint->gather);
    free(joint->parts);
    free(joint->path);
    free(joint);
}

/* ---- which parts ---- */

bool joint_has_ended(const struct joint *joint) {
    return joint->is_joined || joint->code != OK;
}

bool joint_is_idle(const struct joint *joint) {
    return !joint->is_busy && joint->waiters == NULL && (joint->gather == NULL || !gather_is_claimed(joint->gather));
}

bool joint_has_next_part(const struct joint *joint) {
    return joint->appended < joint->part_room && joint->parts[joint->appended].is_known &&
           (joint->count == 0 || joint->appended < joint->count);
}

static bool is_same(const struct joint_part *a, const struct joint_part *b) {
    return (a->is_placed && b->is_placed && memcmp(a->md5, b->md5, MD5_BYTES) == 0) ||
           (a->is_blob && b->is_blob && memcmp(&a->id, &b->id, sizeof a->id) == 0);
}

bool joint_is_of(const struct joint *joint, const struct joint_part *parts, size_t count) {
    bool is_of = joint->count == count;
    for (size_t i = 0; is_of && i < count; i++)
        is_of = is_same(&joint->parts[i], &parts[i]);
    return is_of;
}

static size_t taken(const struct joint *joint) {
    return joint->appended + (joint->is_appending ? 1 : 0);
}

void joint_set_part(struct joint *joint, size_t at, const struct joint_part *part) {
    if (at >= joint->part_room) {
        size_t room = at + 1 > joint->part_room * 2 ? at + 1 : joint->part_room * 2;
        joint->parts = need(realloc(joint->parts, room * sizeof *joint->parts));
        memset(joint->parts + joint->part_room, 0, (room - joint->part_room) * sizeof *joint->parts);
        joint->part_room = room;
    }
    if (is_same(&joint->parts[at], part))
        return;
    joint->is_stale = joint->is_stale || at < taken(joint);
    joint->parts[at] = *part;
    joint->parts[at].is_known = true;
}

void joint_set_placed(struct joint *joint, size_t at, const struct joint_part *part) {
    if (part->is_blob && is_same(&joint->parts[at], part))
        joint->parts[at].is_placed = true;
}

void joint_want(struct joint *joint, const struct joint_part *parts, size_t count) {
    for (size_t i = 0; i < count; i++)
        joint_set_part(joint, i, &parts[i]);
    if (taken(joint) > count)
        joint->is_stale = true;
    joint->count = count;
}

void joint_forget_parts(struct joint *joint) {
    memset(joint->parts, 0, joint->part_room * sizeof *joint->parts);
    joint->count = 0;
    joint->is_joined = false;
    joint->is_stale = taken(joint) > 0;
}

/* ---- where they are ---- */

/* A part, and what is done with its bytes. */
struct flow {
    struct joint *joint;
    struct gather *gather; /* to read from, unless fd is given */
    int fd;                /* a blob's; -1: none */
    uint64_t offset, size_bytes;
    struct gather_place *place; /* to be written to; NULL: none */
    const _Atomic bool *is_stopping;
};

static enum err_code open_part(struct flow *flow, struct blobs *blobs, const struct joint_part *part, struct err *err) {
    struct joint *joint = flow->joint;
    enum err_code code = OK;
    flow->fd = -1;
    if (part->is_blob)
        code = blobs_read(blobs, &part->id, &flow->fd, &flow->size_bytes, err);
    else if (flow->gather == NULL || !gather_has(flow->gather, joint->appended + 1, part->md5, &flow->offset, &flow->size_bytes))
        code = ERR_NOT_FOUND;
    /* A part that its draft holds is there; if it is not, that is ours to explain. */
    return code == ERR_NOT_FOUND ? err_set(err, ERR_BUSY, "a part was collected while the file was made: send it again") : code;
}

static enum err_code read_piece(const struct flow *flow, uint64_t done, char *room, size_t len, struct err *err) {
    if (flow->fd < 0)
        return gather_read(flow->gather, room, len, flow->offset + done, err);
    return file_read_at(flow->fd, room, len, done, "a part", err);
}

static enum err_code use_piece(const struct flow *flow, struct str piece, struct err *err) {
    struct joint *joint = flow->joint;
    if (joint->writer != NULL)
        return blob_writer_add(joint->writer, piece, err);
    if (flow->place != NULL)
        TRY(gather_place_add(flow->place, piece, err));
    twin_hash_add(joint->hash, piece);
    return OK;
}

/* Two pieces in turns: one is still being hashed when the next is read. */
static enum err_code pass_on(const struct flow *flow, struct err *err) {
    char *room = need(malloc(2 * READ_BYTES));
    struct joint *joint = flow->joint;
    enum err_code code = OK;
    bool is_second = false;
    for (uint64_t done = 0; code == OK && done < flow->size_bytes; is_second = !is_second) {
        char *piece = room + (is_second ? READ_BYTES : 0);
        size_t len = flow->size_bytes - done < READ_BYTES ? (size_t)(flow->size_bytes - done) : READ_BYTES;
        code = *flow->is_stopping ? err_set(err, ERR_BUSY, "the server is being stopped") : read_piece(flow, done, piece, len, err);
        if (code == OK)
            code = use_piece(flow, (struct str){ piece, len }, err);
        done += len;
    }
    if (joint->hash != NULL)
        twin_hash_wait(joint->hash);
    free(room);
    return code;
}

static enum err_code settle(const struct flow *flow, const struct joint_part *part, enum err_code code, struct err *err) {
    struct gather_arrival arrival = { .place = flow->place };
    const struct gather_arrival *arrivals[] = { &arrival };
    if (flow->place == NULL)
        return code;
    if (code != OK) {
        gather_place_give_up(flow->place);
        return code;
    }
    memcpy(arrival.md5, part->md5, MD5_BYTES);
    return gather_settle(arrivals, 1, err);
}

/* Whether the part lies right behind the others, or can be brought there. */
static bool has_place(struct flow *flow, const struct joint_part *part) {
    struct joint *joint = flow->joint;
    if (flow->gather == NULL || joint->must_copy || joint->writer != NULL)
        return false;
    if (!part->is_blob)
        return flow->offset == joint->offset;
    flow->place = gather_claim(flow->gather, joint->appended + 1, 0, flow->size_bytes);
    return flow->place != NULL;
}

/* What a file that is sealed became was found out before it was. */
static enum err_code append_in_place(struct flow *flow, const struct joint_part *part, struct err *err) {
    struct joint *joint = flow->joint;
    struct blob_facts facts;
    enum err_code code = OK;
    if (!gather_is_sealed(flow->gather, &facts)) {
        if (joint->hash == NULL)
            joint->hash = twin_hash_create();
        code = settle(flow, part, pass_on(flow, err), err);
    }
    joint->offset += flow->size_bytes;
    return code;
}

static enum err_code append_copy(struct flow *flow, struct blobs *blobs, struct err *err) {
    struct joint *joint = flow->joint;
    if (joint->writer == NULL)
        TRY(blob_writer_create(&joint->writer, blobs, err));
    if (flow->fd >= 0)
        blob_writer_share(joint->writer, flow->fd, flow->size_bytes);
    return pass_on(flow, err);
}

enum err_code joint_append(struct joint *joint, struct gather *gather, struct blobs *blobs, const struct joint_part *part,
                           const _Atomic bool *is_stopping, bool *must_begin_again, struct err *err) {
    struct flow flow = { .joint = joint, .gather = gather, .is_stopping = is_stopping };
    enum err_code code = OK;
    *must_begin_again = false;
    TRY(open_part(&flow, blobs, part, err));
    if (has_place(&flow, part)) {
        code = append_in_place(&flow, part, err);
    } else if (joint->offset > 0) {
        *must_begin_again = joint->must_copy = true;
    } else {
        code = append_copy(&flow, blobs, err);
    }
    if (flow.fd >= 0)
        (void)close(flow.fd);
    return code;
}

/* ---- the end ---- */

static enum err_code end_in_place(struct joint *joint, struct gather *gather, struct blob_facts *facts, bool *must_begin_again,
                                  struct err *err) {
    struct twin_hash *hash = joint->hash;
    joint->hash = NULL;
    if (hash != NULL) {
        facts->size_bytes = joint->offset;
        twin_hash_end(hash, facts->id.sha256, facts->md5);
    }
    enum err_code code = OK;
    if (hash == NULL && (!gather_is_sealed(gather, facts) || facts->size_bytes != joint->offset))
        code = ERR_CONFLICT; /* it became a file of fewer parts, or of more */
    if (code == OK)
        code = gather_publish(gather, facts, err);
    /* Or somebody sends more parts than are wanted, and must not write to what is a blob. */
    *must_begin_again = joint->must_copy = code == ERR_CONFLICT || code == ERR_BUSY;
    return *must_begin_again ? OK : code;
}

enum err_code joint_finish(struct joint *joint, struct gather *gather, struct blob_facts *facts, bool *must_begin_again, struct err *err) {
    struct blob_writer *writer = joint->writer;
    *must_begin_again = false;
    if (writer == NULL)
        return end_in_place(joint, gather, facts, must_begin_again, err);
    joint->writer = NULL;
    return blob_writer_finish(writer, facts, err);
}
