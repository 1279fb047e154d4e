/* fuzz_json.c - what the tree parser accepts, the writer writes so that it parses to an equal tree; a value skipped
 * parses on its own; undoing escapes in place and apart agree. The input is read from memory of exactly its size. */
#include "base/json.h"

#define CHECK(claim)                                                                                         \
    do {                                                                                                     \
        if (!(claim))                                                                                        \
            abort();                                                                                         \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void check_string(const struct json_reader *reader, struct arena *arena) {
    struct str text = reader->text;
    char *apart = arena_alloc(arena, text.len), *in_place = arena_copy_c(arena, text);
    size_t len = json_unescape(text, apart);
    CHECK(len <= text.len && json_unescape((struct str){ in_place, text.len }, in_place) == len);
    CHECK(memcmp(apart, in_place, len) == 0);
    CHECK(str_is_utf8((struct str){ apart, len }));
    CHECK(reader->has_escapes == (len > 0 && memchr(text.ptr, '\\', text.len) != NULL));
}

/* Reads all tokens; true when the reader accepts the text. */
static bool read_tokens(struct str text, enum json_flags flags, struct arena *arena) {
    struct json_reader reader;
    enum json_token token;
    json_reader_init(&reader, text, flags);
    while ((token = json_next(&reader)) != JSON_ERROR && token != JSON_END) {
        CHECK(reader.offset < text.len);
        CHECK(reader.text.ptr >= text.ptr && reader.text.ptr + reader.text.len <= text.ptr + text.len);
        if (token == JSON_STRING || token == JSON_KEY)
            check_string(&reader, arena);
    }
    CHECK(reader.offset <= text.len && json_next(&reader) == token);
    return token == JSON_END;
}

static void check_skipping(struct str text, enum json_flags flags, bool is_accepted) {
    struct json_reader reader;
    struct str raw;
    json_reader_init(&reader, text, flags);
    bool is_whole = json_skip_value(&reader, json_next(&reader), &raw) && json_next(&reader) == JSON_END;
    CHECK(is_whole == is_accepted);
    if (is_whole)
        CHECK(str_eq(raw, str_trim(text)));
}

static void check_writing(const struct json_value *value, enum json_flags flags, struct arena *arena) {
    struct buf out = BUF_INIT(64 << 20);
    struct json_writer writer;
    struct json_value *again;
    struct err err = { 0 };
    json_writer_init(&writer, &out, flags);
    json_value_write(&writer, value);
    CHECK(json_parse(&again, buf_str(&out), flags, arena, &err) == OK);
    /* Strict JSON has no infinity, so 1e999 comes back as a string. */
    CHECK(flags == JSON_STRICT || json_equal(value, again));
    CHECK(flags == JSON_STRICT || json_equal(again, value));
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct arena *arena = arena_create();
    char *copy = malloc(size_bytes == 0 ? 1 : size_bytes);
    CHECK(copy != NULL);
    if (size_bytes > 0)
        memcpy(copy, data, size_bytes);
    struct str text = { copy, size_bytes };

    for (int flags = JSON_STRICT; flags <= JSON_EXTENDED; flags++) {
        struct json_value *value = NULL;
        struct err err = { 0 };
        bool is_accepted = read_tokens(text, (enum json_flags)flags, arena);
        CHECK((json_parse(&value, text, (enum json_flags)flags, arena, &err) == OK) == is_accepted);
        check_skipping(text, (enum json_flags)flags, is_accepted);
        if (is_accepted)
            check_writing(value, (enum json_flags)flags, arena);
    }
    free(copy);
    arena_destroy(arena);
    return 0;
}
