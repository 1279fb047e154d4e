/* answer.c - see answer.h. */
#include "client/uplink/answer.h"

#include "base/json.h"

#include <stdarg.h>

static bool find_member(struct str object, struct str key, struct str *raw) {
    struct json_reader reader;
    enum json_token token;

    json_reader_init(&reader, object, JSON_EXTENDED);
    if (json_next(&reader) != JSON_OBJECT_BEGIN)
        return false;
    while ((token = json_next(&reader)) == JSON_KEY) {
        bool is_wanted = str_eq(reader.text, key);
        token = json_next(&reader);
        if (!json_skip_value(&reader, token, raw))
            return false;
        if (is_wanted)
            return true;
    }
    return false;
}

bool answer_find(struct str json, struct str *raw, ...) {
    va_list keys;
    const char *key;
    bool is_there = true;

    *raw = json;
    va_start(keys, raw);
    while (is_there && (key = va_arg(keys, const char *)) != NULL)
        is_there = find_member(*raw, str_from_c(key), raw);
    va_end(keys);
    return is_there;
}

bool answer_element(struct str array, size_t index, struct str *raw) {
    struct json_reader reader;
    enum json_token token;

    json_reader_init(&reader, array, JSON_EXTENDED);
    if (json_next(&reader) != JSON_ARRAY_BEGIN)
        return false;
    for (size_t i = 0;; i++) {
        token = json_next(&reader);
        if (token == JSON_ARRAY_END || !json_skip_value(&reader, token, raw))
            return false;
        if (i == index)
            return true;
    }
}

bool answer_text(struct str raw, struct buf *out) {
    struct json_reader reader;

    json_reader_init(&reader, raw, JSON_EXTENDED);
    if (json_next(&reader) != JSON_STRING)
        return false;
    if (!reader.has_escapes) {
        buf_append_str(out, reader.text);
        return !out->failed;
    }
    char *room = buf_reserve(out, reader.text.len);
    if (room == NULL)
        return false;
    buf_commit(out, json_unescape(reader.text, room));
    return true;
}

bool answer_int(struct str raw, int64_t *out) {
    return str_to_i64(raw, out);
}
