/* link.c - see link.h. */
#include "server/api/link.h"

#include "base/clock.h"

static bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~/", c) != NULL;
}

struct str link_encode_path(struct str path, struct arena *arena) {
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(arena, path.len * 3 + 1);
    size_t len = 0;
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.ptr[i];
        if (c != '\0' && is_plain((char)c)) {
            out[len++] = (char)c;
        } else {
            out[len++] = '%';
            out[len++] = digits[c >> 4];
            out[len++] = digits[c & 15];
        }
    }
    return (struct str){ out, len };
}

struct str link_plain(const struct identity *identity, struct str path, struct arena *arena) {
    struct str encoded = link_encode_path(path, arena);
    return arena_printf(arena, "%.*s%.*s", STR_ARG(identity->base_url), STR_ARG(encoded));
}

struct str link_signed_for(const struct identity *identity, enum link_method method, struct str path, int64_t life_ms,
                           struct arena *arena) {
    struct signed_link link = {
        .method = method,
        .path = path,
        .expires_at = clock_wall_ms() + life_ms,
        .max_bytes = method == LINK_PUT ? LINK_PUT_MAX_BYTES : 0,
        .user_id = identity->user_id,
        .key_id = identity->key_id,
        .session_id = identity->session_id,
    };
    struct str signature = secrets_sign_link(identity->app->secrets, &link, arena), encoded = link_encode_path(path, arena);
    bool is_shown_elsewhere = method == LINK_GET && identity->app->files_url.len > 0;
    struct str origin = is_shown_elsewhere ? identity->app->files_url : identity->base_url;
    return arena_printf(arena, "%.*s%.*s?%.*s", STR_ARG(origin), STR_ARG(encoded), STR_ARG(signature));
}

struct str link_signed(const struct identity *identity, enum link_method method, struct str path, struct arena *arena) {
    return link_signed_for(identity, method, path, LINK_LIFE_MS, arena);
}
