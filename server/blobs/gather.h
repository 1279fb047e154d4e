/* gather.h - one large file whose parts arrive in any order and are written to their places at once, so that it becomes a
 * blob without being written a second time.
 *
 * It lies in the depot's folder staged/gathered-1 and outlives a restart: NAME.bytes is the file as far as it has come,
 * NAME.parts has a record for each part that is durable in it. A record is 80 bytes in the machine's own order, with a checksum:
 * what follows a damaged one does not count. The number in the folder's name is the format's version; what other versions left
 * is removed at the start, and whoever was sending a file then is told to send its parts again.
 *
 * A place is written by one upload and never again: a part that comes once more, with the same bytes or others, is kept
 * elsewhere by the caller. All parts but the last are of one size; a part whose place does not follow from that has none here.
 * Bytes are synced before their record is written, and that before the part counts. Before the file gets its blob's name, too, a
 * last record tells what it is: from then on nothing is written to it, and after a crash it is known what it became.
 *
 * Threads: safe from all, but a place belongs to one at a time. Memory: gather_close, after all places have ended.
 */
#ifndef SERVER_BLOBS_GATHER_H
#define SERVER_BLOBS_GATHER_H

#include "server/blobs/blobs.h"

enum { GATHER_PARTS_MAX = 10000 };

struct gather;
struct gather_place;

/* name: one part of a path, the owner's own. may_make: otherwise ERR_NOT_FOUND when there is none. */
MUST_CHECK enum err_code gather_open(struct gather **out, struct blobs *blobs, struct str name, bool may_make, struct err *err);
void gather_close(struct gather *gather); /* it stays on the disk; NULL is fine */
/* From the disk; it is still to be closed. It has nothing and takes nothing from then on. */
void gather_remove(struct gather *gather);

/* ---- writing ---- */

/* The place of part `number`, from 1, of `count`; 0: of as many as others said. NULL: the part is to be kept elsewhere. */
struct gather_place *gather_claim(struct gather *gather, size_t number, size_t count, uint64_t size_bytes);
MUST_CHECK enum err_code gather_place_add(struct gather_place *place, struct str bytes, struct err *err);
/* The place is gone, and another upload of the part may have it. */
void gather_place_give_up(struct gather_place *place);

/* A place that all its bytes have come to. */
struct gather_arrival {
    struct gather_place *place;
    unsigned char md5[MD5_BYTES]; /* under which it will be asked for */
};
struct gather *gather_of(const struct gather_place *place);
/* Waits until these, all of one file, are durable. The places are gone, also on failure. */
MUST_CHECK enum err_code gather_settle(const struct gather_arrival *const *arrivals, size_t count, struct err *err);

/* ---- reading ---- */

bool gather_is_claimed(struct gather *gather); /* somebody writes to it */
/* Whether this part is durable here under that md5, and where it lies. */
bool gather_has(struct gather *gather, size_t number, const unsigned char md5[MD5_BYTES], uint64_t *offset, uint64_t *size_bytes);
MUST_CHECK enum err_code gather_read(struct gather *gather, void *out, size_t size, uint64_t offset, struct err *err);

/* ---- becoming a blob ---- */

/* It became these, or was about to before a crash. */
bool gather_is_sealed(struct gather *gather, struct blob_facts *facts);
/* Its first facts->size_bytes bytes, which have these digests, are durable under their blob's name when this returns, and stay here
 * until they are removed: a collector that took the blob for garbage cannot take them. ERR_BUSY while somebody writes to it. May be
 * asked again; ERR_CONFLICT when it became other bytes. */
MUST_CHECK enum err_code gather_publish(struct gather *gather, const struct blob_facts *facts, struct err *err);

/* ---- for the collector ---- */

typedef bool gather_is_wanted(void *context, struct str name, int64_t modified_ms);
/* Removes the files of those that are not wanted. */
void gather_sweep(struct blobs *blobs, gather_is_wanted *is_wanted, void *context);

/* ---- for gather.c and what tests it ---- */

struct gather_record {
    uint32_t checksum; /* of what follows */
    uint32_t number;   /* 0: the last one, which tells what the file is */
    uint32_t count;    /* of the parts that were announced */
    uint32_t unused;
    uint64_t offset, size_bytes;
    unsigned char md5[MD5_BYTES], sha256[SHA256_BYTES]; /* sha256: of the last one only */
};
/* False when there is none at *at that is whole and sound; else moves *at behind it. */
bool gather_next_record(struct str list, size_t *at, struct gather_record *record);

#endif
