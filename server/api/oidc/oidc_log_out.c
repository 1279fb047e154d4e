/* oidc_log_out.c - see oidc_log_out.h. */
#include "server/api/oidc/oidc_log_out.h"

#include "base/json.h"
#include "base/log.h"
#include "server/api/accounts/session.h"
#include "server/api/identity.h"
#include "server/api/oidc/oidc.h"
#include "server/blobs/sigv4.h"

#define LOG_OUT_COOKIE "barograph_log_out"
#define NO_TOKEN "-"

enum { TOKEN_MAX = 3500 }; /* browsers keep cookies of 4,096 bytes with all that belongs to them */

static void set_cookie(struct http_call *call, struct str value, int64_t life_s) {
    http_add_header(call, STR("Set-Cookie"),
                    arena_printf(call->arena, LOG_OUT_COOKIE "=%.*s; Path=/api/session; Max-Age=%lld; HttpOnly; SameSite=Strict%s",
                                 STR_ARG(value), (long long)life_s, call->is_secure ? "; Secure" : ""));
}

void oidc_log_out_prepare(struct http_call *call, struct str id_token, int64_t life_s) {
    set_cookie(call, id_token.len <= TOKEN_MAX ? id_token : STR(NO_TOKEN), life_s);
}

static struct str encode(struct str text, struct arena *arena) {
    return sigv4_encode(text, false, arena);
}

static struct str log_out_address(const struct http_call *call, struct str end_session, struct str token) {
    const struct oidc_settings *settings = oidc_settings(((const struct app *)call->app)->oidc);
    struct arena *arena = call->arena;
    struct str back = arena_printf(arena, "%.*s/login", STR_ARG(call->base_url));
    struct str hint = STR_EMPTY;
    if (!str_eq_c(token, NO_TOKEN))
        hint = arena_printf(arena, "&id_token_hint=%.*s", STR_ARG(encode(token, arena)));
    return arena_printf(arena, "%.*s%cclient_id=%.*s&post_logout_redirect_uri=%.*s%.*s", STR_ARG(end_session),
                        str_contains(end_session, STR("?")) ? '&' : '?', STR_ARG(encode(settings->client, arena)),
                        STR_ARG(encode(back, arena)), STR_ARG(hint));
}

/* The session is over; what fails now keeps nobody in. */
static enum err_code send_there(struct http_call *call, struct err *err) {
    const struct app *app = call->app;
    struct oidc_endpoints endpoints;
    struct json_writer writer;

    if (oidc_provider_find(oidc_provider(app->oidc), &endpoints, call->arena, err) != OK) {
        log_warn("%.*s: logged out here, and not at the provider: %s", STR_ARG(call->request_id), err->message);
        return OK;
    }
    if (endpoints.end_session.len == 0)
        return OK;
    http_set_status(call, 200);
    json_writer_init(&writer, http_body(call), JSON_STRICT);
    json_object_begin(&writer);
    json_key(&writer, STR("address"));
    json_string(&writer, log_out_address(call, endpoints.end_session, http_cookie(call, STR(LOG_OUT_COOKIE))));
    json_object_end(&writer);
    return OK;
}

enum err_code oidc_log_out_answer(struct http_call *call, struct err *err) {
    const struct app *app = call->app;
    struct err full = { 0 };

    TRY(session_answer_end(call, err));
    if (app->oidc == NULL || http_cookie(call, STR(LOG_OUT_COOKIE)).ptr == NULL)
        return OK;
    set_cookie(call, STR_EMPTY, 0);
    if (oidc_put_aside(app->oidc, call, send_there, &full) != OK)
        log_warn("%.*s: logged out here, and not at the provider: %s", STR_ARG(call->request_id), full.message);
    return OK;
}
