/* replay.c - runs every file of a corpus folder through a fuzz target, for builds without libFuzzer. */
#include "base/file.h"

#include <dirent.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int main(int argc, char **argv) {
    struct arena *arena = arena_create();
    struct err err = { 0 };
    size_t count = 0;

    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (folder == NULL) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct str content;
        if (entry->d_name[0] == '.')
            continue;
        if (file_read_all(&content, file_join(arena, argv[1], entry->d_name), 64 << 20, arena, &err) != OK) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        (void)LLVMFuzzerTestOneInput((const uint8_t *)content.ptr, content.len);
        count++;
        arena_reset(arena);
    }
    (void)closedir(folder);
    arena_destroy(arena);
    printf("%zu inputs\n", count);
    return count == 0;
}
