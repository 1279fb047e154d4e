/* media_type.c - see media_type.h. */
#include "server/api/runs/media_type.h"

#include "server/api/files_origin.h"

struct row {
    const char *ending, *type;
    bool is_shown; /* in the browser; otherwise it is saved */
};

/* Sorted by ending. HTML and SVG are shown in a sandbox: no script, no origin. */
static const struct row rows[] = {
    { "avif", "image/avif", true },
    { "bmp", "image/bmp", true },
    { "cif", "text/plain; charset=utf-8", true },
    { "csv", "text/plain; charset=utf-8", true },
    { "diff", "text/plain; charset=utf-8", true },
    { "flac", "audio/flac", true },
    { "gif", "image/gif", true },
    { "glb", "model/gltf-binary", false },
    { "gltf", "model/gltf+json", false },
    { "htm", "text/html; charset=utf-8", true },
    { "html", "text/html; charset=utf-8", true },
    { "ipynb", "application/json", true },
    { "jpeg", "image/jpeg", true },
    { "jpg", "image/jpeg", true },
    { "json", "application/json", true },
    { "jsonl", "text/plain; charset=utf-8", true },
    { "log", "text/plain; charset=utf-8", true },
    { "m4a", "audio/mp4", true },
    { "md", "text/plain; charset=utf-8", true },
    { "mp3", "audio/mpeg", true },
    { "mp4", "video/mp4", true },
    { "ogg", "audio/ogg", true },
    { "parquet", "application/vnd.apache.parquet", false },
    { "patch", "text/plain; charset=utf-8", true },
    { "pdb", "text/plain; charset=utf-8", true },
    { "pdf", "application/pdf", false },
    { "png", "image/png", true },
    { "py", "text/plain; charset=utf-8", true },
    { "svg", "image/svg+xml", true },
    { "toml", "text/plain; charset=utf-8", true },
    { "txt", "text/plain; charset=utf-8", true },
    { "wav", "audio/wav", true },
    { "webm", "video/webm", true },
    { "webp", "image/webp", true },
    { "yaml", "text/plain; charset=utf-8", true },
    { "yml", "text/plain; charset=utf-8", true },
};

static const struct row *find(struct str name) {
    size_t dot = name.len;
    while (dot > 0 && name.ptr[dot - 1] != '.' && name.ptr[dot - 1] != '/')
        dot--;
    if (dot == 0 || name.ptr[dot - 1] != '.')
        return NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (str_eq_ignore_case(str_from(name, dot), str_from_c(rows[i].ending)))
            return &rows[i];
    return NULL;
}

struct str media_type_of(struct str name) {
    const struct row *row = find(name);
    return row == NULL ? STR("application/octet-stream") : str_from_c(row->type);
}

void media_type_add_headers(struct http_call *call, struct str name) {
    const struct row *row = find(name);
    http_set_type(call, media_type_of(name));
    http_add_header(call, STR("Content-Security-Policy"), STR("sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"));
    http_add_header(call, STR("X-Content-Type-Options"), STR("nosniff"));
    http_add_header(call, STR("Referrer-Policy"), STR("no-referrer"));
    /* Of another origin than ours, the page could not show them otherwise; who asks there has a signed address. */
    bool is_elsewhere = files_origin_is_asked(call);
    http_add_header(call, STR("Cross-Origin-Resource-Policy"), is_elsewhere ? STR("cross-origin") : STR("same-origin"));
    if (is_elsewhere)
        http_add_header(call, STR("Access-Control-Allow-Origin"), STR("*"));
    if (row == NULL || !row->is_shown)
        http_add_header(call, STR("Content-Disposition"), STR("attachment"));
}
