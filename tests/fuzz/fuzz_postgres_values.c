/* fuzz_postgres_values.c - values as they come from the database, of any type and length; and text that goes there and must
 * be such as it takes. The first byte chooses the type. */
#include "server/store/db/db_postgres.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(claim)                                                                                         \
    do {                                                                                                     \
        if (!(claim))                                                                                        \
            abort();                                                                                         \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void decode(Oid type, const char *bytes, size_t length) {
    struct db_value value = postgres_decode(type, bytes, (int)length);
    if (value.type == DB_TYPE_TEXT || value.type == DB_TYPE_BLOB)
        CHECK(value.text.ptr == bytes && value.text.len == length);
}

static void encode(struct str text, Oid type, struct arena *arena) {
    struct db_value value = { .type = DB_TYPE_TEXT, .text = text };
    struct postgres_args args;
    struct err err = { 0 };
    CHECK(postgres_encode(&args, &value, 1, &type, arena, &err) == OK);
    struct str sent = { args.values[0], (size_t)args.lengths[0] };
    CHECK(str_is_utf8(sent) && memchr(sent.ptr, '\0', sent.len) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    static const Oid types[] = { 16, 17, 20, 21, 23, 25, 700, 701, 1700 };
    if (size_bytes < 1)
        return 0;
    struct arena *arena = arena_create();
    Oid type = types[data[0] % (sizeof types / sizeof types[0])];
    /* Of its own size: what is read behind it is seen. */
    char *bytes = malloc(size_bytes);
    CHECK(bytes != NULL);
    memcpy(bytes, data + 1, size_bytes - 1);
    decode(type, bytes, size_bytes - 1);
    encode((struct str){ bytes, size_bytes - 1 }, type, arena);
    free(bytes);
    arena_destroy(arena);
    return 0;
}
