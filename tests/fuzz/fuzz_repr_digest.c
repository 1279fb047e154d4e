/* fuzz_repr_digest.c - whatever stands in the field: a digest that was read is written and read again as it is. */
#include "server/http/repr_digest.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct arena *arena = arena_create();
    struct repr_digest digest = repr_digest_parse((struct str){ (const char *)data, size_bytes }, arena);
    struct str text = repr_digest_text(digest.sha256, digest.has_md5 ? digest.md5 : NULL, arena);
    struct repr_digest again = repr_digest_parse(text, arena);

    if (!again.has_sha256 || memcmp(again.sha256, digest.sha256, SHA256_BYTES) != 0 || again.has_md5 != digest.has_md5 ||
        memcmp(again.md5, digest.md5, MD5_BYTES) != 0)
        abort();
    arena_destroy(arena);
    return 0;
}
