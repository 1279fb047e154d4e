/* fuzz_s3_xml.c - whatever a bucket answers: what is found lies inside the answer, and a search always goes forward. */
#include "server/blobs/s3_parts.h"

#include <stdlib.h>

#define CHECK(claim)                                                                                         \
    do {                                                                                                     \
        if (!(claim))                                                                                        \
            abort();                                                                                         \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    static const char *const names[] = { "Contents", "Key", "UploadId", "Code", "Message", "IsTruncated" };
    struct str xml = { (const char *)data, size_bytes };
    struct arena *arena = arena_create();

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct str found;
        size_t at = 0, before = 0;
        while ((found = s3_xml_inner(xml, names[i], &at)).ptr != NULL) {
            CHECK(at > before && at <= xml.len);
            CHECK(found.ptr >= xml.ptr && found.ptr + found.len <= xml.ptr + xml.len);
            before = at;
        }
        CHECK(at == before);
        at = 0;
        while ((found = s3_xml_text(xml, names[i], &at, arena)).ptr != NULL)
            CHECK(found.len <= xml.len && found.ptr[found.len] == '\0');
    }
    arena_destroy(arena);
    return 0;
}
