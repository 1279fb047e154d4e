/* request.c - see request.h. */
#include "server/http/request.h"

#include "server/http/uri.h"

static enum err_code refuse(struct refusal *refusal, int status, const char *name) {
    *refusal = (struct refusal){ status, name };
    return ERR_BAD_INPUT;
}

static enum err_code parse_head(struct exchange *exchange, struct str head_bytes, struct err *err) {
    struct http_field fields[HTTP_FIELDS_MAX];
    struct arena *arena = exchange->call.arena;

    TRY(http_request_parse(&exchange->head, arena_copy(arena, head_bytes), fields, err));
    exchange->head.fields = ARENA_ARRAY(arena, struct http_field, exchange->head.field_count);
    memcpy(exchange->head.fields, fields, exchange->head.field_count * sizeof fields[0]);
    return http_request_framing(&exchange->framing, &exchange->head, err);
}

static enum err_code read_target(struct exchange *exchange, struct err *err) {
    struct http_call *call = &exchange->call;
    struct str path;

    call->target = exchange->head.target;
    call->query = STR_EMPTY;
    (void)str_cut(call->target, '?', &path, &call->query);
    if (path.len == 0 || path.ptr[0] != '/')
        return err_set(err, ERR_BAD_INPUT, "the target does not begin with '/'");
    if (memchr(path.ptr, '#', path.len) != NULL)
        return err_set(err, ERR_BAD_INPUT, "the target has a fragment");
    if (!uri_decode(&call->path, path, false, call->arena))
        return err_set(err, ERR_BAD_INPUT, "the path is not percent-encoded UTF-8 without NUL");
    return OK;
}

/* A proxy that adds a line of its own puts it after the lines that its client made up. */
static struct str find_last(const struct http_head *head, struct str name) {
    for (size_t i = head->field_count; i > 0; i--)
        if (str_eq_ignore_case(head->fields[i - 1].name, name))
            return head->fields[i - 1].value;
    return (struct str){ NULL, 0 };
}

/* What a trusted proxy says about the client's side of it, in place of what we see. */
static void read_forwarded(struct exchange *exchange, const struct request_context *context,
                           struct str *host) {
    struct http_call *call = &exchange->call;
    if (!hosts_trusts(context->hosts, call->peer))
        return;
    struct str forwarded_for = find_last(&exchange->head, STR("x-forwarded-for"));
    struct str scheme = find_last(&exchange->head, STR("x-forwarded-proto"));
    struct str forwarded_host = find_last(&exchange->head, STR("x-forwarded-host"));
    if (forwarded_for.ptr != NULL)
        call->peer = hosts_forwarded_for(context->hosts, forwarded_for, call->peer);
    if (scheme.ptr != NULL)
        call->is_secure = str_eq_ignore_case(scheme, STR("https"));
    if (forwarded_host.ptr != NULL)
        *host = forwarded_host;
}

static enum err_code read_host(struct exchange *exchange, const struct request_context *context,
                               struct refusal *refusal, struct err *err) {
    struct http_call *call = &exchange->call;
    struct str host = http_head_find(&exchange->head, STR("host")), name;

    if (http_head_count(&exchange->head, STR("host")) != 1)
        return err_set(err, ERR_BAD_INPUT, "the request has no Host, or more than one");
    call->peer = context->peer;
    call->is_secure = context->is_tls;
    read_forwarded(exchange, context, &host);
    if (!hosts_parse(host, &name))
        return err_set(err, ERR_BAD_INPUT, "the Host is not 'name' or 'name:port'");
    if (!hosts_has(context->hosts, name, context->local_address)) {
        (void)err_set(
            err, ERR_BAD_INPUT,
            "this server does not go by the name '%.*s'; its administrator can add it with --hosts or "
            "--public-url",
            STR_ARG(name));
        return refuse(refusal, 421, "MISDIRECTED_REQUEST");
    }
    call->base_url =
        context->public_url.len > 0
            ? context->public_url
            : arena_printf(call->arena, "%s://%.*s", call->is_secure ? "https" : "http", STR_ARG(host));
    return OK;
}

static bool accepts_gzip(const struct http_head *head) {
    struct str accepted = http_head_find(head, STR("accept-encoding"));
    while (accepted.len > 0) {
        struct str item, name, weight = STR_EMPTY;
        if (!str_cut(accepted, ',', &item, &accepted))
            accepted = STR_EMPTY;
        (void)str_cut(item, ';', &name, &weight);
        if (str_eq_ignore_case(str_trim(name), STR("gzip"))) {
            weight = str_trim(weight);
            return !str_eq(weight, STR("q=0")) && !str_starts_with(weight, STR("q=0.0"));
        }
    }
    return false;
}

static enum err_code read_expectations(struct exchange *exchange, struct refusal *refusal, struct err *err) {
    const struct http_head *head = &exchange->head;
    struct str expected = http_head_find(head, STR("expect"));
    struct str coding = http_head_find(head, STR("content-encoding"));

    exchange->keeps_alive =
        !http_head_has_token(head, STR("connection"), STR("close")) &&
        (head->minor_version > 0 || http_head_has_token(head, STR("connection"), STR("keep-alive")));
    exchange->accepts_gzip = accepts_gzip(head);
    exchange->expects_continue = str_eq_ignore_case(expected, STR("100-continue")) && head->minor_version > 0;
    if (expected.ptr != NULL && !exchange->expects_continue) {
        (void)err_set(err, ERR_BAD_INPUT, "the only expectation understood is '100-continue'");
        return refuse(refusal, 417, "EXPECTATION_FAILED");
    }
    exchange->is_gzip = str_eq_ignore_case(coding, STR("gzip")) || str_eq_ignore_case(coding, STR("x-gzip"));
    if (coding.ptr != NULL && !exchange->is_gzip && !str_eq_ignore_case(coding, STR("identity"))) {
        (void)err_set(err, ERR_BAD_INPUT, "the only Content-Encoding understood is 'gzip'");
        return refuse(refusal, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    return OK;
}

static enum err_code find_route(struct exchange *exchange, const struct request_context *context,
                                struct err *err) {
    struct http_call *call = &exchange->call;
    struct route_match match;
    struct str path, query;

    (void)str_cut(call->target, '?', &path, &query);
    if (!router_find(context->router, &match, call->method, path, call->arena))
        return err_set(err, ERR_BAD_INPUT, "the path is not percent-encoded UTF-8 without NUL");
    call->route = match.route;
    memcpy(call->params, match.params, sizeof call->params);
    exchange->allowed_methods = match.methods;
    if (match.methods == 0 && exchange->host.app->otherwise != NULL &&
        (call->method == HTTP_GET || call->method == HTTP_HEAD)) {
        exchange->is_otherwise = true;
        return OK;
    }
    if (match.route == NULL && match.methods != 0)
        return err_set(err, ERR_METHOD, "'%.*s' does not take %.*s", STR_ARG(call->path),
                       STR_ARG(http_method_name(call->method)));
    return match.route != NULL
               ? OK
               : err_set(err, ERR_NOT_FOUND, "there is nothing at '%.*s'", STR_ARG(call->path));
}

static enum err_code check_length(struct exchange *exchange, struct err *err) {
    uint64_t most = exchange->call.route == NULL ? 0 : exchange->call.route->max_body_bytes;
    exchange->call.max_body_bytes = most;
    if (exchange->framing.kind == HTTP_BODY_CHUNKED && most == 0)
        return err_set(err, ERR_TOO_LARGE, "this request takes no body");
    if (exchange->framing.length > most)
        return err_set(err, ERR_TOO_LARGE, "the body of %llu bytes is larger than the limit of %llu",
                       (unsigned long long)exchange->framing.length, (unsigned long long)most);
    return OK;
}

enum err_code request_read(struct exchange *exchange, struct str head_bytes,
                           const struct request_context *context, struct refusal *refusal, struct err *err) {
    TRY(parse_head(exchange, head_bytes, err));
    exchange->body_is_complete =
        exchange->framing.kind == HTTP_BODY_NONE ||
        (exchange->framing.kind == HTTP_BODY_LENGTH && exchange->framing.length == 0);
    if (!http_method_parse(exchange->head.method, &exchange->call.method))
        return err_set(err, ERR_NOT_OFFERED, "the method '%.*s' is not offered",
                       (int)(exchange->head.method.len < 32 ? exchange->head.method.len : 32),
                       exchange->head.method.ptr);
    TRY(read_host(exchange, context, refusal, err));
    TRY(read_target(exchange, err));
    TRY(read_expectations(exchange, refusal, err));
    TRY(find_route(exchange, context, err));
    TRY(check_length(exchange, err));
    size_t room = PIECE_BYTES;
    if (exchange->call.route != NULL && exchange->call.route->sink == NULL)
        room = (size_t)exchange->call.route->max_body_bytes;
    buf_init(&exchange->body, room);
    return OK;
}

/* ---- what a handler reads ---- */

static const struct exchange *exchange_of(const struct http_call *call) {
    return (const struct exchange *)(const void *)call; /* its first member */
}

struct str http_header(const struct http_call *call, struct str name) {
    return http_head_find(&exchange_of(call)->head, name);
}

struct str http_query(const struct http_call *call, struct str name) {
    return uri_query_find(call->query, name, call->arena);
}

struct str http_cookie(const struct http_call *call, struct str name) {
    return uri_cookie_find(http_header(call, STR("cookie")), name);
}
