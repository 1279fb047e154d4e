/* json_pair.h - members of JSON objects as the routes answer them: null for a text that is not there, ISO 8601 for times. */
#ifndef SERVER_API_JSON_PAIR_H
#define SERVER_API_JSON_PAIR_H

#include "base/clock.h"
#include "base/json.h"

static inline void json_pair_time(struct json_writer *json, struct str key, int64_t wall_ms) {
    char text[CLOCK_ISO_MAX];
    clock_format_iso(text, wall_ms);
    json_key(json, key);
    json_string(json, str_from_c(text));
}

static inline void json_pair_text(struct json_writer *json, struct str key, struct str text) {
    json_key(json, key);
    if (text.ptr == NULL)
        json_null(json);
    else
        json_string(json, text);
}

#endif
