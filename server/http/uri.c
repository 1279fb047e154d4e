/* uri.c - see uri.h. */
#include "server/http/uri.h"

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* *used: how many characters stood for this byte; 0 when they are malformed. */
static char decode_char(struct str rest, bool plus_is_space, size_t *used) {
    *used = 1;
    if (rest.ptr[0] == '+' && plus_is_space)
        return ' ';
    if (rest.ptr[0] != '%')
        return rest.ptr[0];
    int high = rest.len < 3 ? -1 : hex_value(rest.ptr[1]);
    int low = rest.len < 3 ? -1 : hex_value(rest.ptr[2]);
    *used = high < 0 || low < 0 ? 0 : 3;
    return (char)(high * 16 + low);
}

bool uri_decode(struct str *out, struct str encoded, bool plus_is_space, struct arena *arena) {
    char *text = arena_alloc(arena, encoded.len + 1);
    size_t len = 0, used;

    for (size_t at = 0; at < encoded.len; at += used) {
        text[len] = decode_char(str_from(encoded, at), plus_is_space, &used);
        if (used == 0 || text[len] == '\0')
            return false;
        len++;
    }
    text[len] = '\0';
    *out = (struct str){ text, len };
    return str_is_utf8(*out);
}

struct str uri_query_find(struct str query, struct str name, struct arena *arena) {
    bool has_more = query.len > 0;
    while (has_more) {
        struct str pair, key, value, decoded;
        has_more = str_cut(query, '&', &pair, &query);
        if (!str_cut(pair, '=', &key, &value))
            value = STR_EMPTY;
        if (uri_decode(&decoded, key, true, arena) && str_eq(decoded, name))
            return uri_decode(&decoded, value, true, arena) ? decoded : (struct str){ NULL, 0 };
    }
    return (struct str){ NULL, 0 };
}

struct str uri_cookie_find(struct str cookies, struct str name) {
    bool has_more = cookies.len > 0;
    while (has_more) {
        struct str pair, key, value;
        has_more = str_cut(cookies, ';', &pair, &cookies);
        if (str_cut(str_trim(pair), '=', &key, &value) && str_eq(key, name))
            return value;
    }
    return (struct str){ NULL, 0 };
}

static size_t put(char *out, struct str text) {
    if (text.len > 0)
        memcpy(out, text.ptr, text.len);
    return text.len;
}

struct str uri_without_signatures(struct str target, struct arena *arena) {
    struct str path, query;
    if (!str_cut(target, '?', &path, &query))
        return target;
    char *clean = arena_alloc(arena, target.len * 2); /* "sig=" becomes longer by its '-' */
    size_t len = put(clean, path);
    clean[len++] = '?';
    for (bool has_more = true; has_more;) {
        struct str pair, key, value;
        has_more = str_cut(query, '&', &pair, &query);
        bool is_signature = str_cut(pair, '=', &key, &value) && uri_decode(&key, key, true, arena) &&
                            str_eq_ignore_case(key, STR("sig"));
        len += put(clean + len, is_signature ? STR("sig=-") : pair);
        if (has_more)
            clean[len++] = '&';
    }
    return (struct str){ clean, len };
}
