/* fuzz_http_response.c - what a server may send to our client. */
#include "base/buf.h"
#include "base/http_parser.h"
#include "base/http_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void require(bool claim) {
    if (!claim)
        abort();
}

static void read_response(struct str head_text, struct str body) {
    struct http_field fields[HTTP_FIELDS_MAX];
    struct http_head head;
    struct http_framing framing;
    struct http_chunks chunks = { 0 };
    struct err err;

    if (http_response_parse(&head, head_text, fields, &err) != OK)
        return;
    require(head.status >= 100 && head.status <= 599 && head.field_count <= HTTP_FIELDS_MAX);
    if (http_response_framing(&framing, &head, false, &err) != OK)
        return;
    require(head.status != 204 || framing.kind == HTTP_BODY_NONE);
    (void)http_head_has_token(&head, STR("connection"), STR("close"));
    while (framing.kind == HTTP_BODY_CHUNKED && body.len > 0 && !chunks.is_done) {
        struct str content;
        size_t before = body.len;
        if (http_chunks_next(&chunks, &body, &content, &err) != OK)
            return;
        require(body.len < before && content.len <= before - body.len);
    }
}

static void read_url(struct str text) {
    struct http_url url;
    struct err err;
    if (http_url_parse(&url, text, &err) != OK)
        return;
    require(url.host.len > 0 && url.port > 0);
    require(url.target.len == 0 || url.target.ptr[0] == '/' || url.target.ptr[0] == '?');
    (void)http_no_proxy_has(STR("example.com,.x,*:80"), &url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct str text = { (const char *)data, size_bytes };
    struct err err = { 0 };
    size_t scanned = 0, head_len;

    if (http_head_find_end(text, &scanned, &head_len, &err) == OK && head_len > 0)
        read_response(str_slice(text, 0, head_len), str_from(text, head_len));
    read_url(text);
    return 0;
}
