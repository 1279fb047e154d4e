/* fuzz_http_request.c - a request from the network: head, host, target, route, range, body.
 *
 * Beside not crashing: what was accepted holds no line break, and a chunked body is the same bytes wherever
 * the reads happen to cut it.
 */
#include "server/http/range.h"
#include "server/http/request.h"
#include "server/http/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static enum err_code answer(struct http_call *call, struct err *err) {
    (void)call;
    (void)err;
    return OK;
}

static const struct http_route routes[] = {
    { HTTP_GET, "/a/{b}", 1, answer, 0, NULL },
    { HTTP_POST, "/a/{b}", 1, answer, 1 << 20, NULL },
    { HTTP_GET, "/files/{entity}/{rest...}", 1, answer, 0, NULL },
};
static const struct http_app app = { .routes = routes, .route_count = 3, .otherwise = answer };
static const struct http_options options = {
    .listen = STR_INIT("127.0.0.1:0"),
    .hosts = STR_INIT("lab"),
    .trusted_proxies = STR_INIT("10.0.0.0/8"),
};

static void require(bool claim) {
    if (!claim)
        abort();
}

static void require_one_line(struct str text) {
    for (size_t i = 0; i < text.len; i++)
        require(text.ptr[i] != '\r' && text.ptr[i] != '\n' && text.ptr[i] != '\0');
}

static bool decode(struct buf *out, struct str body, size_t cut, size_t *left) {
    struct http_chunks chunks = { 0 };
    struct str pieces[2] = { str_slice(body, 0, cut), str_from(body, cut) };
    struct err err;
    for (size_t i = 0; i < 2; i++)
        while (pieces[i].len > 0 && !chunks.is_done) {
            struct str content;
            if (http_chunks_next(&chunks, &pieces[i], &content, &err) != OK)
                return false;
            buf_append_str(out, content);
        }
    *left = pieces[0].len + pieces[1].len;
    return true;
}

static void check_chunks(struct str body) {
    struct buf whole = BUF_INIT(1 << 24), cut = BUF_INIT(1 << 24);
    size_t whole_left = 0, cut_left = 0;
    bool is_good = decode(&whole, body, body.len, &whole_left);
    require(decode(&cut, body, body.len / 2, &cut_left) == is_good);
    require(!is_good || (whole_left == cut_left && str_eq(buf_str(&whole), buf_str(&cut))));
    buf_finish(&whole);
    buf_finish(&cut);
}

static void check_request(struct exchange *exchange) {
    struct http_call *call = &exchange->call;
    require_one_line(call->target);
    require(call->path.ptr[0] == '/' && str_is_utf8(call->path));
    for (size_t i = 0; i < exchange->head.field_count; i++) {
        require(http_is_token(exchange->head.fields[i].name));
        require_one_line(exchange->head.fields[i].value);
    }
    struct range range = range_parse(http_header(call, STR("range")), 1000);
    require(range.kind != RANGE_PART || range.first + range.length <= 1000);
    (void)http_query(call, STR("a"));
    (void)http_cookie(call, STR("a"));
    struct str logged = uri_without_signatures(call->target, call->arena), path, query;
    if (str_cut(logged, '?', &path, &query)) {
        struct str signature = uri_query_find(query, STR("sig"), call->arena);
        require(signature.len == 0 || str_eq(signature, STR("-")));
    }
}

static void read_request(struct str head, struct arena *arena) {
    static struct hosts *hosts;
    static struct router *router;
    struct exchange_host host = { .app = &app };
    struct refusal refusal = { 0 };
    struct err err = { 0 };

    if (hosts == NULL &&
        (hosts_create(&hosts, &options, &err) != OK || router_create(&router, routes, 3, &err) != OK))
        abort();
    struct request_context context = {
        .hosts = hosts,
        .router = router,
        .public_url = STR_EMPTY,
        .peer = STR("10.0.0.1"),
        .local_address = STR("10.0.0.2"),
    };
    struct exchange *exchange = exchange_create(arena, &host);
    if (request_read(exchange, head, &context, &refusal, &err) == OK)
        check_request(exchange);
    (void)exchange_destroy(exchange);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct str text = { (const char *)data, size_bytes };
    struct arena *arena = arena_create();
    struct err err = { 0 };
    size_t scanned = 0, head_len;

    check_chunks(text);
    if (http_head_find_end(text, &scanned, &head_len, &err) == OK && head_len > 0) {
        read_request(str_slice(text, 0, head_len), arena);
        check_chunks(str_from(text, head_len));
    }
    arena_destroy(arena);
    return 0;
}
