/* web_page.c - see web_page.h. */
#include "server/api/web_page.h"

#include "base/gzip.h"
#include "server/api/files_origin.h"
#include "server/api/projects/embed.h"
#include "server/api/projects/shared.h"
#include "server/api/web_assets.h"

enum { ASSET_MAX_BYTES = 32 << 20 };

/* Scripts and styles come from this server only; what runs log is never shown in this origin (SAFETY 20). */
static struct str security_policy(const struct http_call *call) {
    struct str files = ((const struct app *)call->app)->files_url; /* empty: they are of this origin */
    return arena_printf(call->arena,
                        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: %.*s; media-src 'self' blob: "
                        "%.*s; connect-src 'self' %.*s; frame-src 'self' %.*s; object-src 'none'; base-uri 'none'; form-action 'self'; "
                        "frame-ancestors %s",
                        STR_ARG(files), STR_ARG(files), STR_ARG(files), STR_ARG(files), embed_may_be_framed(call) ? "*" : "'none'");
}

/* The frame in which charts of unknown authors are drawn (SAFETY 20): whatever runs in it has no origin and no network. */
static const char frame_policy[] = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data: blob:; "
                                   "font-src data:; base-uri 'none'; form-action 'none'; sandbox allow-scripts; "
                                   "frame-ancestors 'self'";

static const struct web_asset *find(struct str path) {
    size_t low = 0, high = web_asset_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_compare(path, web_assets[middle].path);
        if (order == 0)
            return &web_assets[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static bool accepts_gzip(const struct http_call *call) {
    return str_contains(http_header(call, STR("accept-encoding")), STR("gzip"));
}

static enum err_code put_body(struct http_call *call, const struct web_asset *asset, struct err *err) {
    struct str bytes = { (const char *)asset->bytes, asset->size_bytes };
    if (asset->is_gzip && !accepts_gzip(call)) {
        struct buf plain = BUF_INIT(ASSET_MAX_BYTES);
        enum err_code code = gzip_inflate(&plain, bytes, err);
        buf_append_str(http_body(call), buf_str(&plain));
        buf_finish(&plain);
        return code;
    }
    if (asset->is_gzip)
        http_add_header(call, STR("Content-Encoding"), STR("gzip"));
    buf_append_str(http_body(call), bytes);
    return OK;
}

static bool is_document(const struct web_asset *asset) {
    return str_ends_with(asset->path, STR(".html"));
}

static enum err_code send(struct http_call *call, const struct web_asset *asset, bool is_immutable, struct err *err) {
    http_set_type(call, asset->media_type);
    http_add_header(call, STR("ETag"), asset->etag);
    http_add_header(call, STR("Vary"), STR("Accept-Encoding"));
    http_add_header(call, STR("Cache-Control"), is_immutable ? STR("public, max-age=31536000, immutable") : STR("no-cache"));
    bool is_frame = str_eq(asset->path, STR("/assets/frame.html"));
    http_add_header(call, STR("Content-Security-Policy"), is_frame ? str_from_c(frame_policy) : security_policy(call));
    if (!is_document(asset)) /* the page's own files are no secret, and the frame has no origin to ask from */
        http_add_header(call, STR("Access-Control-Allow-Origin"), STR("*"));
    if (str_eq(http_header(call, STR("if-none-match")), asset->etag)) {
        http_set_status(call, 304);
        return OK;
    }
    return put_body(call, asset, err);
}

/* "/assets/index-1a2b3c.js", not "/alice/my.project": only the page's own folder holds files. */
static bool is_file(struct str path) {
    return str_starts_with(path, STR("/assets/")) || find(path) != NULL;
}

/* Whoever asks for bytes and misspells the address is told so: a client would store the page as the file it asked for. */
static bool is_for_programs(struct str path) {
    static const char *const beginnings[] = { "/api/", "/artifacts/", "/artifactsV2/", "/files/", "/signed/" };
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (str_starts_with(path, str_from_c(beginnings[i])))
            return true;
    return false;
}

enum err_code web_page_answer(struct http_call *call, struct err *err) {
    if ((call->method != HTTP_GET && call->method != HTTP_HEAD) || files_origin_is_asked(call) || is_for_programs(call->path))
        return err_set(err, ERR_NOT_FOUND, "there is nothing at '%.*s'", STR_ARG(call->path));
    if (is_file(call->path)) {
        const struct web_asset *asset = find(call->path);
        if (asset == NULL)
            return err_set(err, ERR_NOT_FOUND, "there is no file '%.*s'", STR_ARG(call->path));
        return send(call, asset, str_starts_with(call->path, STR("/assets/")) && !is_document(asset), err);
    }
    bool is_sent;
    TRY(embed_answer(call, &is_sent, err));
    if (!is_sent)
        TRY(shared_answer_page(call, &is_sent, err));
    if (is_sent)
        return OK;
    const struct web_asset *document = find(STR("/index.html"));
    if (document == NULL)
        return err_set(err, ERR_NOT_FOUND, "this program was built without its web page");
    return send(call, document, false, err);
}
