/* fuzz_stream_body.c - bodies of file streams: whatever arrives is read, set aside, or refused with a sentence. */
#include "server/api/runs/stream_body.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    static struct stream_body *body;
    struct arena *arena = arena_create();
    struct err err = { 0 };

    if (body == NULL)
        body = stream_body_create();
    enum err_code code = stream_body_parse(body, (struct str){ (const char *)data, size_bytes }, arena, &err);
    if (code != OK)
        assert(err.message[0] != '\0');
    for (int kind = 0; code == OK && kind < 2; kind++)
        for (size_t i = 0; i < body->batches[kind].count; i++)
            assert(history_batch_rows(body->batches[kind].items[i]) >= 0);
    assert(body->set_aside_kept <= (size_t)body->set_aside_count);
    arena_destroy(arena);
    return 0;
}
