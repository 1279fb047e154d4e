/* files_origin.c - see files_origin.h. */
#include "server/api/files_origin.h"

#include "server/api/link.h"
#include "server/api/runs/upload.h"

/* Long enough to follow a redirect, and to go on reading a film in ranges. */
enum { REDIRECT_LIFE_MS = 3600 * 1000 };

struct str files_origin_host(struct str url) {
    struct str scheme, rest = STR_EMPTY, host, path;
    if (!str_cut(url, ':', &scheme, &rest) || !str_starts_with(rest, STR("//")))
        return STR_EMPTY;
    (void)str_cut(str_from(rest, 2), '/', &host, &path);
    return host;
}

enum err_code files_origin_check(struct str url, struct err *err) {
    bool has_scheme = str_starts_with(url, STR("http://")) || str_starts_with(url, STR("https://"));
    struct str host = files_origin_host(url);
    if (url.len == 0 || (has_scheme && host.len > 0 && str_ends_with(url, host)))
        return OK;
    return err_set(err, ERR_BAD_INPUT, "--files-url wants an origin like https://files.example.org, without a path, got '%.*s'",
                   STR_ARG(str_slice(url, 0, 200)));
}

bool files_origin_is_asked(const struct http_call *call) {
    const struct app *app = call->app;
    struct str host = files_origin_host(app->files_url);
    return host.len > 0 && str_eq_ignore_case(http_header(call, STR("Host")), host);
}

void files_origin_redirect(struct http_call *call, const unsigned char sha256[SHA256_BYTES], struct str name) {
    struct str hex = hash_hex(sha256, SHA256_BYTES, call->arena);
    struct str path = arena_printf(call->arena, "/signed/blobs/%.*s/%.*s", STR_ARG(hex), STR_ARG(name));
    struct str address = link_signed_for(http_identity(call), LINK_GET, path, REDIRECT_LIFE_MS, call->arena);
    http_set_status(call, 302);
    http_add_header(call, STR("Location"), address);
    http_add_header(call, STR("Cache-Control"), STR("private, no-store"));
}

enum err_code files_origin_answer_blob(struct http_call *call, struct err *err) {
    unsigned char sha256[SHA256_BYTES];
    if (!files_origin_is_asked(call) || !hash_from_hex(call->params[0], sha256, SHA256_BYTES))
        return err_set(err, ERR_NOT_FOUND, "there is no such file");
    return upload_send_blob(call, sha256, NULL, call->params[1], err);
}
