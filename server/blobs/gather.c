/* gather.c - see gather.h. */
#include "server/blobs/gather.h"

#include "base/file.h"
#include "base/log.h"
#include "server/blobs/depot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    FOLDER_MODE = 0700,
    FILE_MODE = 0600,
    WRITE_BACK_BYTES = 8 << 20, /* the disk writes while more arrives */
    LIST_BYTES_MAX = (GATHER_PARTS_MAX + 1) * sizeof(struct gather_record),
};
_Static_assert(sizeof(struct gather_record) == 80, "records are read as they were written");

enum place_state { PLACE_FREE, PLACE_CLAIMED, PLACE_DURABLE };

struct part {
    enum place_state state;
    uint64_t offset, size_bytes;
    unsigned char md5[MD5_BYTES];
};

struct gather {
    struct blobs *blobs;
    struct arena *arena;
    const char *bytes_path, *list_path;
    int fd, list_fd;
    pthread_mutex_t list_mutex; /* held while records are written and synced; nobody who claims a place waits for it */
    uint64_t list_bytes;        /* of sound records */
    pthread_mutex_t mutex; /* guards what follows */
    uint64_t part_bytes;   /* of all parts but the last; 0: not known */
    size_t count; /* of the parts; 0: not known */
    struct part *parts;
    size_t claimed_count, durable_count;
    bool is_sealed, is_removed;
    struct blob_facts facts; /* once it is sealed */
};

struct gather_place {
    struct gather *gather;
    size_t number;
    int fd; /* its own, so that it has a position of its own */
    uint64_t offset, size_bytes, done_bytes;
};

static void lock(struct gather *gather) {
    (void)pthread_mutex_lock(&gather->mutex);
}

static void unlock(struct gather *gather) {
    (void)pthread_mutex_unlock(&gather->mutex);
}

static void *need(void *memory) {
    if (memory == NULL)
        log_fatal("out of memory: cannot take a large file");
    return memory;
}

/* ---- the list ---- */

static uint32_t checksum_of(const struct gather_record *record) {
    const char *begin = (const char *)&record->number;
    return hash_crc32(0, (struct str){ begin, sizeof *record - offsetof(struct gather_record, number) });
}

bool gather_next_record(struct str list, size_t *at, struct gather_record *record) {
    uint64_t end;
    if (list.len - *at < sizeof *record)
        return false;
    memcpy(record, list.ptr + *at, sizeof *record);
    if (record->checksum != checksum_of(record) || record->count == 0 || record->count > GATHER_PARTS_MAX || record->number > record->count ||
        __builtin_add_overflow(record->offset, record->size_bytes, &end) || end > INT64_MAX)
        return false;
    *at += sizeof *record;
    return true;
}

/* Behind the last sound record: what a failed write left there is written over. */
static enum err_code append_bytes(struct gather *gather, struct str bytes, struct err *err) {
    if (lseek(gather->list_fd, (off_t)gather->list_bytes, SEEK_SET) < 0)
        return err_set_errno(err, errno, "cannot write '%s'", gather->list_path);
    TRY(file_write_all(gather->list_fd, bytes, gather->list_path, err));
    file_sync(gather->list_fd, gather->list_path);
    gather->list_bytes += bytes.len;
    return OK;
}

static enum err_code append_records(struct gather *gather, const struct gather_record *records, size_t count, struct err *err) {
    (void)pthread_mutex_lock(&gather->list_mutex);
    enum err_code code = append_bytes(gather, (struct str){ (const char *)records, count * sizeof *records }, err);
    (void)pthread_mutex_unlock(&gather->list_mutex);
    return code;
}

static void set_count(struct gather *gather, size_t count) {
    free(gather->parts);
    gather->parts = count == 0 ? NULL : need(calloc(count, sizeof *gather->parts));
    gather->count = count;
    gather->part_bytes = 0;
}

static void take_record(struct gather *gather, const struct gather_record *record) {
    if (record->number == 0) {
        gather->is_sealed = true;
        gather->facts.size_bytes = record->size_bytes;
        memcpy(gather->facts.md5, record->md5, MD5_BYTES);
        memcpy(gather->facts.id.sha256, record->sha256, SHA256_BYTES);
        return;
    }
    if (gather->count == 0)
        set_count(gather, record->count);
    if (record->number > gather->count)
        return;
    struct part *part = &gather->parts[record->number - 1];
    gather->durable_count += part->state == PLACE_FREE;
    *part = (struct part){ PLACE_DURABLE, record->offset, record->size_bytes, { 0 } };
    memcpy(part->md5, record->md5, MD5_BYTES);
    if (record->number < gather->count || gather->count == 1)
        gather->part_bytes = record->size_bytes;
}

static void forget_records(struct gather *gather) {
    set_count(gather, 0);
    gather->durable_count = 0;
    gather->is_sealed = false;
    gather->list_bytes = 0;
}

/* A list that tells of more than there is belongs to bytes that were removed. */
static enum err_code read_list(struct gather *gather, bool *is_blob, struct err *err) {
    struct gather_record record;
    struct stat facts;
    struct str list;
    size_t at = 0;
    bool is_sound = true;
    if (fstat(gather->fd, &facts) != 0)
        return err_set_errno(err, errno, "cannot read '%s'", gather->bytes_path);
    TRY(file_read_all(&list, gather->list_path, LIST_BYTES_MAX, gather->arena, err));
    while (is_sound && gather_next_record(list, &at, &record)) {
        is_sound = record.offset + record.size_bytes <= (uint64_t)facts.st_size;
        take_record(gather, &record);
    }
    gather->list_bytes = at;
    *is_blob = facts.st_nlink > 1 && !(is_sound && gather->is_sealed);
    if (is_sound && !*is_blob)
        return OK;
    forget_records(gather);
    return ftruncate(gather->list_fd, 0) == 0 ? OK : err_set_errno(err, errno, "cannot write '%s'", gather->list_path);
}

/* What has become a blob although no record says so, as when its records were removed and the server was killed before its bytes were:
 * whoever wrote to it would write to the blob. */
static enum err_code leave_to_the_blob(struct gather *gather, const char *folder, struct err *err) {
    (void)close(gather->fd);
    gather->fd = -1;
    TRY(file_remove(gather->bytes_path, err));
    file_sync_folder(folder);
    return file_open(&gather->fd, gather->bytes_path, O_RDWR | O_CREAT | O_EXCL, FILE_MODE, err);
}

/* ---- opening and closing ---- */

static const char *folder_of(struct blobs *blobs, struct arena *arena) {
    return file_join(arena, depot_folder(blobs_depot(blobs)), DEPOT_KEPT);
}

/* With the folder above, which the depot made and nobody synced: what lies there does not outlive a start otherwise. */
static enum err_code make_folder(const char *folder, struct blobs *blobs, struct arena *arena, struct err *err) {
    if (file_exists(folder))
        return OK;
    TRY(file_make_folders(folder, FOLDER_MODE, err));
    char *above = arena_copy_c(arena, str_from_c(folder));
    *strrchr(above, '/') = '\0';
    file_sync_folder(above);
    file_sync_folder(depot_folder(blobs_depot(blobs)));
    return OK;
}

static enum err_code open_files(struct gather *gather, const char *folder, bool may_make, struct err *err) {
    int flags = O_RDWR | (may_make ? O_CREAT : 0);
    bool is_new = !file_exists(gather->list_path), is_blob = false;
    if (may_make)
        TRY(make_folder(folder, gather->blobs, gather->arena, err));
    TRY(file_open(&gather->fd, gather->bytes_path, flags, FILE_MODE, err));
    TRY(file_open(&gather->list_fd, gather->list_path, flags, FILE_MODE, err));
    if (is_new)
        file_sync_folder(folder);
    TRY(read_list(gather, &is_blob, err));
    return is_blob ? leave_to_the_blob(gather, folder, err) : OK;
}

enum err_code gather_open(struct gather **out, struct blobs *blobs, struct str name, bool may_make, struct err *err) {
    struct gather *gather = need(calloc(1, sizeof *gather));
    gather->arena = arena_create();
    gather->blobs = blobs;
    gather->fd = gather->list_fd = -1;
    (void)pthread_mutex_init(&gather->mutex, NULL);
    (void)pthread_mutex_init(&gather->list_mutex, NULL);
    const char *folder = folder_of(blobs, gather->arena);
    gather->bytes_path = file_join(gather->arena, folder, arena_printf(gather->arena, "%.*s.bytes", STR_ARG(name)).ptr);
    gather->list_path = file_join(gather->arena, folder, arena_printf(gather->arena, "%.*s.parts", STR_ARG(name)).ptr);
    enum err_code code = open_files(gather, folder, may_make, err);
    if (code != OK) {
        gather_close(gather);
        return code;
    }
    *out = gather;
    return OK;
}

void gather_close(struct gather *gather) {
    if (gather == NULL)
        return;
    if (gather->fd >= 0)
        (void)close(gather->fd);
    if (gather->list_fd >= 0)
        (void)close(gather->list_fd);
    (void)pthread_mutex_destroy(&gather->list_mutex);
    (void)pthread_mutex_destroy(&gather->mutex);
    free(gather->parts);
    arena_destroy(gather->arena);
    free(gather);
}

void gather_remove(struct gather *gather) {
    struct err err;
    lock(gather);
    gather->is_removed = true;
    unlock(gather);
    if (file_remove(gather->bytes_path, &err) != OK || file_remove(gather->list_path, &err) != OK)
        log_warn("the parts of a file stay until they are collected: %s", err.message);
}

/* ---- writing ---- */

/* Under the lock; the first claim says how many parts there are and, unless it is the last part's, how large they are. */
static bool find_place(struct gather *gather, size_t number, size_t count, uint64_t size_bytes, uint64_t *offset) {
    uint64_t end;
    if (gather->is_sealed || gather->is_removed || number < 1 || number > count || count > GATHER_PARTS_MAX || size_bytes == 0)
        return false;
    if (gather->claimed_count + gather->durable_count == 0 && gather->count != count)
        set_count(gather, count);
    if (gather->count != count || gather->parts[number - 1].state != PLACE_FREE)
        return false;
    if (gather->part_bytes == 0 && (number < count || count == 1))
        gather->part_bytes = size_bytes;
    if (number < count ? size_bytes != gather->part_bytes : size_bytes > gather->part_bytes)
        return false;
    return !__builtin_mul_overflow(gather->part_bytes, number - 1, offset) && !__builtin_add_overflow(*offset, size_bytes, &end) && end <= INT64_MAX;
}

struct gather_place *gather_claim(struct gather *gather, size_t number, size_t count, uint64_t size_bytes) {
    struct err err;
    uint64_t offset;
    int fd = -1;
    lock(gather);
    bool is_free = find_place(gather, number, count == 0 ? gather->count : count, size_bytes, &offset);
    if (is_free && (file_open(&fd, gather->bytes_path, O_WRONLY, 0, &err) != OK || lseek(fd, (off_t)offset, SEEK_SET) < 0))
        is_free = false;
    if (is_free) {
        gather->parts[number - 1].state = PLACE_CLAIMED;
        gather->claimed_count++;
    }
    unlock(gather);
    if (!is_free) {
        if (fd >= 0)
            (void)close(fd);
        return NULL;
    }
    struct gather_place *place = need(malloc(sizeof *place));
    *place = (struct gather_place){ gather, number, fd, offset, size_bytes, 0 };
    return place;
}

enum err_code gather_place_add(struct gather_place *place, struct str bytes, struct err *err) {
    uint64_t before = place->done_bytes / WRITE_BACK_BYTES;
    if (bytes.len > place->size_bytes - place->done_bytes)
        return err_set(err, ERR_BAD_INPUT, "part %zu has more bytes than it announced", place->number);
    TRY(file_write_all(place->fd, bytes, place->gather->bytes_path, err));
    place->done_bytes += bytes.len;
    if (place->done_bytes / WRITE_BACK_BYTES > before) /* only begins it; the sync at the end is what counts */
        (void)sync_file_range(place->fd, (off_t)(place->offset + before * WRITE_BACK_BYTES),
                              (off_t)((place->done_bytes / WRITE_BACK_BYTES - before) * WRITE_BACK_BYTES), SYNC_FILE_RANGE_WRITE);
    return OK;
}

static void end_place(struct gather_place *place, enum place_state state) {
    struct gather *gather = place->gather;
    gather->parts[place->number - 1].state = state;
    gather->claimed_count--;
    gather->durable_count += state == PLACE_DURABLE;
    (void)close(place->fd);
    free(place);
}

void gather_place_give_up(struct gather_place *place) {
    struct gather *gather = place->gather;
    lock(gather);
    end_place(place, PLACE_FREE);
    if (gather->claimed_count + gather->durable_count == 0 && !gather->is_sealed)
        set_count(gather, 0); /* what it said about the others is forgotten, too */
    unlock(gather);
}

struct gather *gather_of(const struct gather_place *place) {
    return place->gather;
}

static struct gather_record record_of(const struct gather_arrival *arrival) {
    const struct gather_place *place = arrival->place;
    struct gather_record record = { .number = (uint32_t)place->number, .count = (uint32_t)place->gather->count,
                                    .offset = place->offset, .size_bytes = place->size_bytes };
    memcpy(record.md5, arrival->md5, MD5_BYTES);
    record.checksum = checksum_of(&record);
    return record;
}

/* Under the lock. */
static void end_arrival(const struct gather_arrival *arrival, enum err_code code) {
    struct gather_place *place = arrival->place;
    struct part *part = &place->gather->parts[place->number - 1];
    *part = (struct part){ PLACE_CLAIMED, place->offset, place->size_bytes, { 0 } };
    memcpy(part->md5, arrival->md5, MD5_BYTES);
    end_place(place, code == OK ? PLACE_DURABLE : PLACE_FREE);
}

enum err_code gather_settle(const struct gather_arrival *const *arrivals, size_t count, struct err *err) {
    struct gather *gather = arrivals[0]->place->gather;
    struct gather_record *records = need(calloc(count, sizeof *records));
    for (size_t i = 0; i < count; i++)
        records[i] = record_of(arrivals[i]);
    file_sync(gather->fd, gather->bytes_path);
    enum err_code code = append_records(gather, records, count, err);
    lock(gather);
    for (size_t i = 0; i < count; i++)
        end_arrival(arrivals[i], code);
    unlock(gather);
    free(records);
    return code;
}

/* ---- reading ---- */

bool gather_is_claimed(struct gather *gather) {
    lock(gather);
    bool is_claimed = gather->claimed_count > 0;
    unlock(gather);
    return is_claimed;
}

bool gather_has(struct gather *gather, size_t number, const unsigned char md5[MD5_BYTES], uint64_t *offset, uint64_t *size_bytes) {
    lock(gather);
    const struct part *part = number >= 1 && number <= gather->count ? &gather->parts[number - 1] : NULL;
    bool has = part != NULL && !gather->is_removed && part->state == PLACE_DURABLE && memcmp(part->md5, md5, MD5_BYTES) == 0;
    if (has) {
        *offset = part->offset;
        *size_bytes = part->size_bytes;
    }
    unlock(gather);
    return has;
}

enum err_code gather_read(struct gather *gather, void *out, size_t size, uint64_t offset, struct err *err) {
    return file_read_at(gather->fd, out, size, offset, gather->bytes_path, err);
}

/* ---- becoming a blob ---- */

bool gather_is_sealed(struct gather *gather, struct blob_facts *facts) {
    lock(gather);
    bool is_sealed = gather->is_sealed;
    if (is_sealed)
        *facts = gather->facts;
    unlock(gather);
    return is_sealed;
}

/* From then on nobody claims a place of it. */
static enum err_code take_facts(struct gather *gather, const struct blob_facts *facts, bool *was_sealed, struct err *err) {
    *was_sealed = gather->is_sealed;
    if (gather->is_sealed && memcmp(&gather->facts.id, &facts->id, sizeof facts->id) != 0)
        return err_set(err, ERR_CONFLICT, "the file has become other bytes already");
    if (gather->claimed_count > 0)
        return err_set(err, ERR_BUSY, "parts of the file are still arriving");
    gather->is_sealed = true;
    gather->facts = *facts;
    return OK;
}

static enum err_code seal(struct gather *gather, const struct blob_facts *facts, struct err *err) {
    struct gather_record record = { .count = (uint32_t)gather->count, .size_bytes = facts->size_bytes };
    memcpy(record.md5, facts->md5, MD5_BYTES);
    memcpy(record.sha256, facts->id.sha256, SHA256_BYTES);
    record.checksum = checksum_of(&record);
    if (ftruncate(gather->fd, (off_t)facts->size_bytes) != 0)
        return err_set_errno(err, errno, "cannot write '%s'", gather->bytes_path);
    file_sync(gather->fd, gather->bytes_path);
    return append_records(gather, &record, 1, err);
}

enum err_code gather_publish(struct gather *gather, const struct blob_facts *facts, struct err *err) {
    bool was_sealed;
    lock(gather);
    enum err_code code = take_facts(gather, facts, &was_sealed, err);
    unlock(gather);
    TRY(code);
    if (!was_sealed && (code = seal(gather, facts, err)) != OK) {
        lock(gather);
        gather->is_sealed = false;
        unlock(gather);
        return code;
    }
    return blobs_publish_linked(gather->blobs, gather->bytes_path, &facts->id, err);
}

/* ---- for the collector ---- */

static struct str without_end(struct str file_name) {
    const struct str ends[] = { STR(".bytes"), STR(".parts") };
    for (size_t i = 0; i < 2; i++)
        if (str_ends_with(file_name, ends[i]))
            return str_slice(file_name, 0, file_name.len - ends[i].len);
    return file_name;
}

static void sweep_folder(DIR *folder, gather_is_wanted *is_wanted, void *context) {
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct str name = str_from_c(entry->d_name);
        struct stat facts;
        if (str_starts_with(name, STR(".")) || fstatat(dirfd(folder), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        int64_t modified_ms = facts.st_mtim.tv_sec * INT64_C(1000) + facts.st_mtim.tv_nsec / 1000000;
        if (!is_wanted(context, without_end(name), modified_ms) && unlinkat(dirfd(folder), entry->d_name, 0) != 0)
            log_warn("cannot remove what a large upload left: %s", strerrordesc_np(errno));
    }
}

void gather_sweep(struct blobs *blobs, gather_is_wanted *is_wanted, void *context) {
    struct arena *arena = arena_create();
    DIR *folder = opendir(folder_of(blobs, arena));
    if (folder != NULL) {
        sweep_folder(folder, is_wanted, context);
        (void)closedir(folder);
    }
    arena_destroy(arena);
}
