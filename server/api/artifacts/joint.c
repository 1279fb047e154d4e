/* joint.c - see joint.h. */
#include "server/api/artifacts/joint.h"

#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 18 };

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

void joint_destroy(struct joint *joint) {
    blob_writer_cancel(joint->writer);
    free(joint->parts);
    free(joint->path);
    free(joint);
}

bool joint_has_ended(const struct joint *joint) {
    return joint->is_joined || joint->code != OK;
}

bool joint_is_idle(const struct joint *joint) {
    return !joint->is_busy && joint->waiters == NULL;
}

bool joint_has_next_part(const struct joint *joint) {
    return joint->appended < joint->part_room && joint->parts[joint->appended].is_known &&
           (joint->count == 0 || joint->appended < joint->count);
}

bool joint_is_of(const struct joint *joint, const struct artifact_blob *parts, size_t count) {
    bool is_same = joint->count == count;
    for (size_t i = 0; is_same && i < count; i++)
        is_same = memcmp(joint->parts[i].id.sha256, parts[i].sha256, SHA256_BYTES) == 0;
    return is_same;
}

static size_t in_writer(const struct joint *joint) {
    return joint->appended + (joint->is_appending ? 1 : 0);
}

void joint_set_part(struct joint *joint, size_t at, const unsigned char sha256[SHA256_BYTES]) {
    if (at >= joint->part_room) {
        size_t room = at + 1 > joint->part_room * 2 ? at + 1 : joint->part_room * 2;
        joint->parts = need(realloc(joint->parts, room * sizeof *joint->parts));
        memset(joint->parts + joint->part_room, 0, (room - joint->part_room) * sizeof *joint->parts);
        joint->part_room = room;
    }
    struct joint_part *part = &joint->parts[at];
    if (at < in_writer(joint) && memcmp(part->id.sha256, sha256, SHA256_BYTES) != 0)
        joint->is_stale = true;
    memcpy(part->id.sha256, sha256, SHA256_BYTES);
    part->is_known = true;
}

void joint_want(struct joint *joint, const struct artifact_blob *parts, size_t count) {
    for (size_t i = 0; i < count; i++)
        joint_set_part(joint, i, parts[i].sha256);
    if (in_writer(joint) > count)
        joint->is_stale = true;
    joint->count = count;
}

void joint_forget_parts(struct joint *joint) {
    memset(joint->parts, 0, joint->part_room * sizeof *joint->parts);
    joint->count = 0;
    joint->is_joined = false;
    joint->is_stale = in_writer(joint) > 0;
}

static enum err_code copy(struct blob_writer *writer, int fd, const _Atomic bool *is_stopping, struct err *err) {
    char *room = need(malloc(READ_BYTES));
    enum err_code code = OK;
    ssize_t got = 1;
    while (code == OK && got > 0) {
        got = read(fd, room, READ_BYTES);
        if (*is_stopping)
            code = err_set(err, ERR_BUSY, "the server is being stopped");
        else if (got > 0)
            code = blob_writer_add(writer, (struct str){ room, (size_t)got }, err);
        else if (got < 0 && errno == EINTR)
            got = 1;
        else if (got < 0)
            code = err_set_errno(err, errno, "cannot read a part");
    }
    free(room);
    return code;
}

enum err_code joint_append(struct joint *joint, struct blobs *blobs, const struct blob_id *id, const _Atomic bool *is_stopping,
                           struct err *err) {
    uint64_t size_bytes;
    int fd;
    enum err_code code = blobs_read(blobs, id, &fd, &size_bytes, err);
    /* A part that its draft holds is there; if it is not, that is ours to explain. */
    if (code == ERR_NOT_FOUND)
        return err_set(err, ERR_BUSY, "a part was collected while the file was made: send it again");
    if (code == OK && joint->writer == NULL && (code = blob_writer_create(&joint->writer, blobs, err)) != OK)
        (void)close(fd);
    if (code != OK)
        return code;
    blob_writer_share(joint->writer, fd, size_bytes);
    code = copy(joint->writer, fd, is_stopping, err);
    (void)close(fd);
    return code;
}

enum err_code joint_finish(struct joint *joint, struct blob_facts *facts, struct err *err) {
    struct blob_writer *writer = joint->writer;
    joint->writer = NULL;
    return blob_writer_finish(writer, facts, err);
}
