/* oidc_provider.c - see oidc_provider.h. */
#include "server/api/oidc/oidc_provider.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/http_client.h"
#include "base/http_url.h"
#include "base/log.h"
#include "server/api/oidc/oidc_keys.h"
#include "server/blobs/sigv4.h"

#include <pthread.h>
#include <stdlib.h>

enum { CONNECT_TIMEOUT_MS = 5000, ADDRESS_MAX = 2048, ERROR_SHOWN_MAX = 100 };

struct oidc_provider {
    const struct oidc_settings *settings;
    const struct webhook_networks *networks;
    pthread_mutex_t mutex; /* of all below */
    struct buf document;   /* its discovery document */
    int64_t document_until; /* monotonic */
    struct oidc_keys *keys;
    int64_t keys_until;
};

struct oidc_provider *oidc_provider_create(const struct oidc_settings *settings, const struct webhook_networks *networks) {
    struct oidc_provider *provider = calloc(1, sizeof *provider);
    if (provider == NULL)
        log_fatal("out of memory: cannot remember the provider of log-ins");
    *provider = (struct oidc_provider){ .settings = settings, .networks = networks, .document = BUF_INIT(OIDC_ANSWER_MAX_BYTES) };
    (void)pthread_mutex_init(&provider->mutex, NULL);
    return provider;
}

void oidc_provider_destroy(struct oidc_provider *provider) {
    if (provider == NULL)
        return;
    oidc_keys_destroy(provider->keys);
    buf_finish(&provider->document);
    (void)pthread_mutex_destroy(&provider->mutex);
    free(provider);
}

/* ---- asking ---- */

static enum err_code check_address(struct http_url *url, struct str address, struct str issuer, struct err *err) {
    struct http_url own;
    TRY(http_url_parse(&own, issuer, err));
    TRY(http_url_parse(url, address, err));
    bool is_safe = url->is_secure || (!own.is_secure && http_url_is_loopback(url));
    if (!is_safe || url->credentials.len > 0 || address.len > ADDRESS_MAX)
        return err_set(err, ERR_BAD_INPUT, "the address '%.*s' is not one with https", STR_ARG(str_slice(address, 0, ERROR_SHOWN_MAX)));
    return OK;
}

static bool may_connect(void *context, const struct sockaddr *address) {
    return webhook_may_connect(context, address);
}

/* Whatever goes wrong on the way is the way's fault, never that of the person who logs in. */
static enum err_code unreachable(struct err *err) {
    err->code = ERR_IO;
    return err_add_context(err, "the provider of log-ins cannot be asked");
}

static enum err_code send(const struct oidc_provider *provider, struct http_request *request, struct str *body, int *status,
                          struct arena *arena, struct err *err) {
    struct http_response response = { 0 };
    struct http_client *client = NULL;
    struct http_url url, own;
    if (check_address(&url, request->url, provider->settings->issuer, err) != OK ||
        http_url_parse(&own, provider->settings->issuer, err) != OK)
        return unreachable(err);
    bool is_named_host = str_eq_ignore_case(url.host, own.host);
    struct http_client_options options = { .user_agent = STR("barograph"),
                                           .ignores_proxies = true,
                                           .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                           .silence_timeout_ms = OIDC_TIMEOUT_MS,
                                           .may_connect = is_named_host ? NULL : may_connect,
                                           .may_connect_context = (void *)provider->networks };
    request->max_body_bytes = OIDC_ANSWER_MAX_BYTES;
    request->timeout_ms = OIDC_TIMEOUT_MS;
    enum err_code code = http_client_create(&client, &options, err);
    if (code == OK)
        code = http_client_send(client, request, &response, err);
    if (code == OK) {
        *status = response.status;
        *body = arena_copy(arena, buf_str(&response.body));
    }
    http_response_finish(&response);
    http_client_destroy(client);
    return code == OK ? OK : unreachable(err);
}

static enum err_code get(const struct oidc_provider *provider, struct str address, struct str authorization, struct str *body,
                         struct arena *arena, struct err *err) {
    const struct http_field fields[] = { { STR("Accept"), STR("application/json") }, { STR("Authorization"), authorization } };
    struct http_request request = { .method = STR("GET"), .url = address, .fields = fields, .field_count = authorization.len > 0 ? 2 : 1 };
    int status;
    TRY(send(provider, &request, body, &status, arena, err));
    if (status != 200)
        return err_set(err, ERR_IO, "the provider of log-ins answered '%.*s' with status %d",
                       STR_ARG(str_slice(address, 0, ERROR_SHOWN_MAX)), status);
    return OK;
}

/* ---- where its parts are ---- */

static enum err_code take_address(const struct json_value *document, const char *name, struct str issuer, struct str *out,
                                  struct err *err) {
    struct http_url url;
    struct str address = json_get_str(document, str_from_c(name));
    if (address.ptr == NULL)
        return err_set(err, ERR_BAD_INPUT, "the provider's description has no \"%s\"", name);
    if (check_address(&url, address, issuer, err) != OK)
        return err_add_context(err, "the provider's \"%s\"", name);
    *out = address;
    return OK;
}

/* True when the document says that only this way is known. Without a word a header is (RFC 8414). */
static bool takes_secret_in_body(const struct json_value *document) {
    const struct json_value *ways = json_get(document, STR("token_endpoint_auth_methods_supported"));
    bool has_post = false, has_basic = false;
    for (size_t i = 0; ways != NULL && ways->type == JSON_TYPE_ARRAY && i < ways->array.count; i++) {
        const struct json_value *way = &ways->array.items[i];
        has_post = has_post || (way->type == JSON_TYPE_STRING && str_eq_c(way->string, "client_secret_post"));
        has_basic = has_basic || (way->type == JSON_TYPE_STRING && str_eq_c(way->string, "client_secret_basic"));
    }
    return has_post && !has_basic;
}

enum err_code oidc_endpoints_parse(struct oidc_endpoints *out, struct str json, struct str issuer, struct arena *arena, struct err *err) {
    struct json_value *document;
    *out = (struct oidc_endpoints){ .userinfo = STR_EMPTY };
    TRY(json_parse(&document, json, JSON_STRICT, arena, err));
    struct str named = json_get_str(document, STR("issuer"));
    if (named.ptr == NULL || !str_eq(named, issuer))
        return err_set(err, ERR_BAD_INPUT, "the provider calls itself '%.*s', not '%.*s'",
                       STR_ARG(str_slice(named.ptr == NULL ? STR_EMPTY : named, 0, ERROR_SHOWN_MAX)), STR_ARG(issuer));
    TRY(take_address(document, "authorization_endpoint", issuer, &out->authorization, err));
    TRY(take_address(document, "token_endpoint", issuer, &out->token, err));
    TRY(take_address(document, "jwks_uri", issuer, &out->keys, err));
    if (json_get(document, STR("userinfo_endpoint")) != NULL)
        TRY(take_address(document, "userinfo_endpoint", issuer, &out->userinfo, err));
    if (json_get(document, STR("end_session_endpoint")) != NULL)
        TRY(take_address(document, "end_session_endpoint", issuer, &out->end_session, err));
    out->names_issuer = json_get_bool(document, STR("authorization_response_iss_parameter_supported"), false);
    out->takes_secret_in_body = takes_secret_in_body(document);
    return OK;
}

static struct str remembered_document(struct oidc_provider *provider, struct arena *arena) {
    struct str document = STR_EMPTY;
    (void)pthread_mutex_lock(&provider->mutex);
    if (provider->document_until > clock_mono_ms())
        document = arena_copy(arena, buf_str(&provider->document));
    (void)pthread_mutex_unlock(&provider->mutex);
    return document;
}

static void remember_document(struct oidc_provider *provider, struct str document) {
    (void)pthread_mutex_lock(&provider->mutex);
    buf_reset(&provider->document);
    buf_append_str(&provider->document, document);
    provider->document_until = provider->document.failed ? 0 : clock_mono_ms() + OIDC_FRESH_MS;
    (void)pthread_mutex_unlock(&provider->mutex);
}

enum err_code oidc_provider_find(struct oidc_provider *provider, struct oidc_endpoints *out, struct arena *arena, struct err *err) {
    struct str issuer = provider->settings->issuer, document = remembered_document(provider, arena);
    if (document.len > 0)
        return oidc_endpoints_parse(out, document, issuer, arena, err);
    size_t len = issuer.len;
    while (len > 0 && issuer.ptr[len - 1] == '/')
        len--;
    struct str address = arena_printf(arena, "%.*s/.well-known/openid-configuration", (int)len, issuer.ptr);
    TRY(get(provider, address, STR_EMPTY, &document, arena, err));
    if (oidc_endpoints_parse(out, document, issuer, arena, err) != OK)
        return unreachable(err);
    remember_document(provider, document);
    return OK;
}

/* ---- codes ---- */

static struct str encode(struct str text, struct arena *arena) {
    return sigv4_encode(text, false, arena);
}

/* In a header name and secret are encoded before they are joined (RFC 6749, 2.3.1). */
static struct str client_authorization(const struct oidc_settings *settings, struct arena *arena) {
    struct str pair = arena_printf(arena, "%.*s:%.*s", STR_ARG(encode(settings->client, arena)), STR_ARG(encode(settings->secret, arena)));
    return arena_printf(arena, "Basic %.*s", STR_ARG(hash_base64(pair, arena)));
}

static struct str token_form(const struct oidc_settings *settings, const struct oidc_endpoints *endpoints,
                             const struct oidc_request *request, struct arena *arena) {
    struct str form = arena_printf(arena, "grant_type=authorization_code&code=%.*s&code_verifier=%.*s&redirect_uri=%.*s&client_id=%.*s",
                                   STR_ARG(encode(request->code, arena)), STR_ARG(encode(request->verifier, arena)),
                                   STR_ARG(encode(request->redirect_uri, arena)), STR_ARG(encode(settings->client, arena)));
    if (settings->secret.len == 0 || !endpoints->takes_secret_in_body)
        return form;
    return arena_printf(arena, "%.*s&client_secret=%.*s", STR_ARG(form), STR_ARG(encode(settings->secret, arena)));
}

/* A code that is used up, or another's, is the person's matter; all else is between the two servers. */
static enum err_code judge(int status, const struct json_value *answer, struct err *err) {
    struct str reason = json_get_str(answer, STR("error"));
    if (status == 200)
        return OK;
    reason = reason.ptr == NULL ? STR("no reason") : str_slice(reason, 0, ERROR_SHOWN_MAX);
    return err_set(err, str_eq_c(reason, "invalid_grant") ? ERR_UNAUTHENTICATED : ERR_IO,
                   "the provider of log-ins did not take the code: status %d, %.*s", status, STR_ARG(reason));
}

enum err_code oidc_provider_exchange(struct oidc_provider *provider, const struct oidc_endpoints *endpoints,
                                     const struct oidc_request *wanted, struct oidc_answer *out, struct arena *arena, struct err *err) {
    const struct oidc_settings *settings = provider->settings;
    bool has_header = settings->secret.len > 0 && !endpoints->takes_secret_in_body;
    const struct http_field fields[] = { { STR("Content-Type"), STR("application/x-www-form-urlencoded") },
                                         { STR("Accept"), STR("application/json") },
                                         { STR("Authorization"), has_header ? client_authorization(settings, arena) : STR_EMPTY } };
    struct http_request request = { .method = STR("POST"),
                                    .url = endpoints->token,
                                    .fields = fields,
                                    .field_count = has_header ? 3 : 2,
                                    .body = token_form(settings, endpoints, wanted, arena) };
    struct json_value *answer;
    struct str body;
    int status;

    TRY(send(provider, &request, &body, &status, arena, err));
    if (json_parse(&answer, body, JSON_STRICT, arena, err) != OK)
        return unreachable(err);
    TRY(judge(status, answer, err));
    out->id_token = json_get_str(answer, STR("id_token"));
    out->access_token = json_get_str(answer, STR("access_token"));
    if (out->access_token.ptr == NULL)
        out->access_token = STR_EMPTY;
    return out->id_token.ptr != NULL ? OK : err_set(err, ERR_IO, "the provider of log-ins sent no ID token: is 'openid' among the scopes?");
}

/* ---- keys ---- */

static enum err_code verify_with_known(struct oidc_provider *provider, const struct oidc_token *token, struct err *err) {
    (void)pthread_mutex_lock(&provider->mutex);
    bool is_fresh = provider->keys != NULL && provider->keys_until > clock_mono_ms();
    enum err_code code = is_fresh ? oidc_keys_verify(provider->keys, token, err)
                                  : err_set(err, ERR_UNAUTHENTICATED, "the provider's keys are not known yet");
    (void)pthread_mutex_unlock(&provider->mutex);
    return code;
}

static enum err_code fetch_keys(struct oidc_provider *provider, const struct oidc_endpoints *endpoints, struct arena *arena,
                                struct err *err) {
    struct oidc_keys *keys;
    struct str body;
    TRY(get(provider, endpoints->keys, STR_EMPTY, &body, arena, err));
    if (oidc_keys_parse(&keys, body, err) != OK)
        return unreachable(err);
    (void)pthread_mutex_lock(&provider->mutex);
    oidc_keys_destroy(provider->keys);
    provider->keys = keys;
    provider->keys_until = clock_mono_ms() + OIDC_FRESH_MS;
    (void)pthread_mutex_unlock(&provider->mutex);
    return OK;
}

/* Keys change: with what is remembered first, then once with what the provider says now. Nobody but the provider can make us
 * ask, because tokens come from nowhere else. */
enum err_code oidc_provider_verify(struct oidc_provider *provider, const struct oidc_endpoints *endpoints, struct str text,
                                   struct oidc_token *out, struct arena *arena, struct err *err) {
    TRY(oidc_token_parse(out, text, arena, err));
    if (verify_with_known(provider, out, err) == OK)
        return OK;
    TRY(fetch_keys(provider, endpoints, arena, err));
    return verify_with_known(provider, out, err);
}

/* ---- the person ---- */

enum err_code oidc_provider_ask(struct oidc_provider *provider, const struct oidc_endpoints *endpoints, struct str access_token,
                                struct str subject, const struct json_value **out, struct arena *arena, struct err *err) {
    struct json_value *answer;
    struct str body;
    TRY(get(provider, endpoints->userinfo, arena_printf(arena, "Bearer %.*s", STR_ARG(access_token)), &body, arena, err));
    if (json_parse(&answer, body, JSON_STRICT, arena, err) != OK)
        return unreachable(err);
    struct str named = json_get_str(answer, STR("sub"));
    if (named.ptr == NULL || !str_eq(named, subject))
        return err_set(err, ERR_UNAUTHENTICATED, "what the provider says of the person is of somebody else");
    *out = answer;
    return OK;
}
