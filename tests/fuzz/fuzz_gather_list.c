/* fuzz_gather_list.c - any list beside a file of a megabyte: what is said to be durable lies within the file, and more can be added. */
#include "base/file.h"
#include "server/blobs/depot.h"
#include "server/blobs/gather.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES = 1 << 20, RECORDS_MAX = 64, STARTS = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static struct {
    struct arena *arena;
    struct depot *depot;
    struct blobs *blobs;
    const char *folder;
} world;

static void check(bool is_so) {
    if (!is_so)
        abort();
}

static void tear_down(void) {
    struct err err;
    check(file_remove_tree(depot_folder(world.depot), &err) == OK);
    blobs_destroy(world.blobs);
    depot_close(world.depot);
    arena_destroy(world.arena);
}

static void set_up(void) {
    static char folder[] = "/tmp/fuzz-gather-XXXXXX";
    struct err err;
    world.arena = arena_create();
    check(mkdtemp(folder) != NULL && depot_open(&world.depot, folder, NULL, STR_EMPTY, &err) == OK);
    check(atexit(tear_down) == 0);
    world.blobs = blobs_create(world.depot);
    world.folder = file_join(world.arena, folder, DEPOT_KEPT);
    check(file_make_folders(world.folder, 0700, &err) == OK);
}

static void write_file(const char *name, struct str bytes, off_t size) {
    struct err err;
    int fd;
    struct arena *arena = arena_create();
    check(file_open(&fd, file_join(arena, world.folder, name), O_WRONLY | O_CREAT | O_TRUNC, 0600, &err) == OK);
    check(file_write_all(fd, bytes, name, &err) == OK && (size == 0 || ftruncate(fd, size) == 0));
    (void)close(fd);
    arena_destroy(arena);
}

/* The checksums are made right: a fuzzer never finds them. The last record keeps its own. */
static size_t seal_records(struct gather_record *records, const uint8_t *data, size_t size_bytes) {
    size_t count = size_bytes / sizeof *records < RECORDS_MAX ? size_bytes / sizeof *records : RECORDS_MAX;
    memcpy(records, data, count * sizeof *records);
    for (size_t i = 0; i + 1 < count; i++) {
        const char *begin = (const char *)&records[i].number;
        records[i].checksum = hash_crc32(0, (struct str){ begin, sizeof *records - offsetof(struct gather_record, number) });
    }
    return count;
}

static void look_at(struct gather *gather, const struct gather_record *records, size_t count) {
    uint64_t offset, size;
    for (size_t i = 0; i < count; i++)
        if (gather_has(gather, records[i].number, records[i].md5, &offset, &size))
            check(offset <= FILE_BYTES && size <= FILE_BYTES - offset);
    struct gather_place *place = gather_claim(gather, 1, 3, 10);
    struct err err;
    if (place != NULL) {
        check(gather_place_add(place, STR("ten bytes!"), &err) == OK);
        gather_place_give_up(place);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct gather_record records[RECORDS_MAX];
    struct gather *gather;
    struct err err;
    if (world.arena == NULL)
        set_up();
    size_t count = seal_records(records, data, size_bytes);
    write_file("x.bytes", STR_EMPTY, FILE_BYTES);
    write_file("x.parts", (struct str){ (const char *)records, count * sizeof *records }, 0);
    for (int i = 0; i < STARTS; i++) { /* what one start made of it another one can read */
        check(gather_open(&gather, world.blobs, STR("x"), true, &err) == OK);
        look_at(gather, records, count);
        gather_close(gather);
    }
    return 0;
}
