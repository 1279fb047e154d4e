/* fuzz_manifest.c - manifests of artifacts: what is accepted has only plain paths, and reads back the same. */
#include "server/api/artifacts/artifact_manifest.h"

#include "base/file.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct arena *arena = arena_create();
    struct list first = { 0 }, second = { 0 };
    struct buf text = BUF_INIT(1 << 20);
    struct err err = { 0 };

    if (artifact_manifest_parse((struct str){ (const char *)data, size_bytes }, &first, arena, &err) == OK) {
        artifact_manifest_merge(&first, arena);
        for (size_t i = 0; i < first.count; i++)
            assert(file_is_safe_path(((const struct artifact_file *)first.items[i])->path));
        if (artifact_manifest_write(&first, &text, &err) == OK) {
            enum err_code code = artifact_manifest_parse(buf_str(&text), &second, arena, &err);
            assert(code == OK && second.count == first.count);
            (void)code;
            struct str a = artifact_manifest_digest(&first, arena), b = artifact_manifest_digest(&second, arena);
            assert(str_eq(a, b));
            (void)a;
            (void)b;
        }
    }
    buf_finish(&text);
    arena_destroy(arena);
    return 0;
}
