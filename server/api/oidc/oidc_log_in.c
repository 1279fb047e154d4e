/* oidc_log_in.c - see oidc_log_in.h. */
#include "server/api/oidc/oidc_log_in.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "server/api/accounts/log_in_limits.h"
#include "server/api/accounts/session.h"
#include "server/api/identity.h"
#include "server/api/oidc/oidc.h"
#include "server/api/oidc/oidc_account.h"
#include "server/api/oidc/oidc_log_out.h"
#include "server/blobs/sigv4.h"

#define LOG_IN_COOKIE "barograph_log_in"
#define RETURN_PATH "/api/oidc/return"

enum { LOG_IN_LIFE_S = 600, RANDOM_BYTES = 32, NEXT_MAX = 1024, COOKIE_MAX = 2048, CODE_MAX = 4096, SUBJECT_SHOWN_MAX = 64 };

/* ---- what is derived from the cookie ---- */

/* "SECONDS.RANDOM.NEXT" */
struct attempt {
    struct str cookie, next;
    struct str state, nonce, verifier;
};

static struct str derive(const struct secrets *secrets, const char *use, struct str cookie, struct arena *arena) {
    struct secret_hash hash = secrets_hash(secrets, SECRET_LOG_IN, arena_printf(arena, "%s %.*s", use, STR_ARG(cookie)));
    return hash_base64_url((struct str){ (const char *)hash.bytes, sizeof hash.bytes }, arena);
}

static void derive_all(struct attempt *attempt, const struct secrets *secrets, struct arena *arena) {
    attempt->state = derive(secrets, "state", attempt->cookie, arena);
    attempt->nonce = derive(secrets, "nonce", attempt->cookie, arena);
    attempt->verifier = derive(secrets, "verifier", attempt->cookie, arena);
}

/* A path of this server, in plain characters: an address with a host would lead a person elsewhere. */
static struct str safe_next(struct str next) {
    bool is_safe = next.ptr != NULL && next.len > 0 && next.len <= NEXT_MAX && next.ptr[0] == '/' && (next.len == 1 || next.ptr[1] != '/');
    for (size_t i = 0; i < next.len && is_safe; i++)
        is_safe = next.ptr[i] > ' ' && next.ptr[i] < 0x7f && next.ptr[i] != '\\';
    return is_safe ? next : STR("/");
}

static void begin_attempt(struct attempt *attempt, struct http_call *call, const struct secrets *secrets) {
    unsigned char bytes[RANDOM_BYTES];
    hash_random(bytes, sizeof bytes);
    attempt->next = safe_next(http_query(call, STR("next")));
    attempt->cookie = arena_printf(call->arena, "%lld.%.*s.%.*s", (long long)(clock_wall_ms() / 1000 + LOG_IN_LIFE_S),
                                   STR_ARG(hash_hex(bytes, sizeof bytes, call->arena)), STR_ARG(hash_base64_url(attempt->next, call->arena)));
    derive_all(attempt, secrets, call->arena);
}

/* False when the browser has begun nothing, or too long ago, or something else. */
static bool find_attempt(struct attempt *attempt, struct http_call *call, const struct secrets *secrets) {
    struct str expires, rest, random, next, state = http_query(call, STR("state"));
    int64_t expires_s;
    attempt->cookie = http_cookie(call, STR(LOG_IN_COOKIE));
    if (attempt->cookie.ptr == NULL || attempt->cookie.len > COOKIE_MAX || state.ptr == NULL ||
        !str_cut(attempt->cookie, '.', &expires, &rest) || !str_cut(rest, '.', &random, &next) || !str_to_i64(expires, &expires_s) ||
        !hash_from_base64(next, &attempt->next, call->arena))
        return false;
    derive_all(attempt, secrets, call->arena);
    attempt->next = safe_next(attempt->next);
    return state.len == attempt->state.len && hash_equal(state.ptr, attempt->state.ptr, state.len) &&
           clock_wall_ms() / 1000 < expires_s;
}

/* Lax: the way back begins on the provider's page. */
static void set_attempt_cookie(struct http_call *call, struct str value, int life_s) {
    http_add_header(call, STR("Set-Cookie"),
                    arena_printf(call->arena, LOG_IN_COOKIE "=%.*s; Path=/api/oidc; Max-Age=%d; HttpOnly; SameSite=Lax%s",
                                 STR_ARG(value), life_s, call->is_secure ? "; Secure" : ""));
}

static void send_on(struct http_call *call, struct str address) {
    http_add_header(call, STR("Location"), address);
    http_add_header(call, STR("Cache-Control"), STR("no-store"));
    http_add_header(call, STR("Referrer-Policy"), STR("no-referrer"));
    http_set_status(call, 303);
}

static struct str encode(struct str text, struct arena *arena) {
    return sigv4_encode(text, false, arena);
}

/* ---- problems, as the page tells them ---- */

static const char *problem_of(enum err_code code) {
    switch (code) {
    case ERR_UNAUTHENTICATED:
        return "refused";
    case ERR_FORBIDDEN:
        return "unknown";
    case ERR_CONFLICT:
        return "email";
    case ERR_PRECONDITION:
        return "stale";
    case ERR_TOO_MANY:
        return "often";
    default:
        return "unavailable";
    }
}

static void tell_problem(struct http_call *call, struct str next, enum err_code code, const struct err *err) {
    log_warn("%.*s: a log-in at the provider came to nothing: %s", STR_ARG(call->request_id), err->message);
    set_attempt_cookie(call, STR_EMPTY, 0);
    send_on(call, arena_printf(call->arena, "/login?problem=%s&next=%.*s", problem_of(code), STR_ARG(encode(next, call->arena))));
}

/* ---- there ---- */

enum err_code oidc_log_in_answer_label(struct http_call *call, struct err *err) {
    const struct app *app = call->app;
    struct json_writer writer;
    (void)err;
    json_writer_init(&writer, http_body(call), JSON_STRICT);
    json_object_begin(&writer);
    json_key(&writer, STR("label"));
    if (app->oidc == NULL)
        json_null(&writer);
    else
        json_string(&writer, oidc_settings(app->oidc)->label);
    json_key(&writer, STR("passwords"));
    json_bool(&writer, !app->refuses_passwords);
    json_object_end(&writer);
    return OK;
}

static struct str return_address(const struct http_call *call) {
    return arena_printf(call->arena, "%.*s" RETURN_PATH, STR_ARG(call->base_url));
}

static struct str log_in_address(struct http_call *call, const struct oidc_endpoints *endpoints, const struct attempt *attempt) {
    const struct oidc_settings *settings = oidc_settings(((const struct app *)call->app)->oidc);
    struct arena *arena = call->arena;
    unsigned char digest[SHA256_BYTES];
    hash_sha256(digest, attempt->verifier);
    struct str challenge = hash_base64_url((struct str){ (const char *)digest, sizeof digest }, arena);
    bool has_query = str_contains(endpoints->authorization, STR("?"));
    return arena_printf(arena,
                        "%.*s%cresponse_type=code&client_id=%.*s&redirect_uri=%.*s&scope=%.*s&state=%.*s&nonce=%.*s&code_challenge=%.*s"
                        "&code_challenge_method=S256",
                        STR_ARG(endpoints->authorization), has_query ? '&' : '?', STR_ARG(encode(settings->client, arena)),
                        STR_ARG(encode(return_address(call), arena)), STR_ARG(encode(settings->scopes, arena)), STR_ARG(attempt->state),
                        STR_ARG(attempt->nonce), STR_ARG(challenge));
}

static enum err_code begin(struct http_call *call, struct err *err) {
    struct app *app = call->app;
    struct oidc_endpoints endpoints;
    struct attempt attempt;

    begin_attempt(&attempt, call, app->secrets);
    enum err_code code = oidc_provider_find(oidc_provider(app->oidc), &endpoints, call->arena, err);
    if (code != OK) {
        tell_problem(call, attempt.next, code, err);
        return OK;
    }
    set_attempt_cookie(call, attempt.cookie, LOG_IN_LIFE_S);
    send_on(call, log_in_address(call, &endpoints, &attempt));
    return OK;
}

static enum err_code put_aside(struct http_call *call, enum err_code (*answer)(struct http_call *call, struct err *err), struct err *err) {
    struct app *app = call->app;
    if (app->oidc == NULL)
        return err_set(err, ERR_NOT_FOUND, "nobody logs in at a provider here");
    return oidc_put_aside(app->oidc, call, answer, err);
}

enum err_code oidc_log_in_answer_begin(struct http_call *call, struct err *err) {
    return put_aside(call, begin, err);
}

/* ---- and back ---- */

/* Where there are several providers, one could send another's answers here (RFC 9207). */
static enum err_code check_answer(struct http_call *call, const struct oidc_endpoints *endpoints, struct str *code, struct err *err) {
    struct str issuer = http_query(call, STR("iss")), refusal = http_query(call, STR("error"));
    const struct oidc_settings *settings = oidc_settings(((const struct app *)call->app)->oidc);

    *code = http_query(call, STR("code"));
    if (issuer.ptr == NULL ? endpoints->names_issuer : !str_eq(issuer, settings->issuer))
        return err_set(err, ERR_UNAUTHENTICATED, "the answer is another issuer's");
    if (refusal.ptr != NULL)
        return err_set(err, ERR_UNAUTHENTICATED, "the provider answered '%.*s'", STR_ARG(str_slice(refusal, 0, SUBJECT_SHOWN_MAX)));
    if (code->ptr == NULL || code->len == 0 || code->len > CODE_MAX)
        return err_set(err, ERR_UNAUTHENTICATED, "the answer has no code of 1 to %d bytes", CODE_MAX);
    return OK;
}

/* Who came back, and what his browser gets. */
struct entrance {
    struct oidc_person person;
    struct str id_token, cookie;
};

static enum err_code find_person(struct http_call *call, const struct oidc_endpoints *endpoints, const struct attempt *attempt,
                                 struct str code, struct entrance *entrance, struct err *err) {
    struct oidc *oidc = ((const struct app *)call->app)->oidc;
    const struct oidc_settings *settings = oidc_settings(oidc);
    const struct oidc_request request = { .code = code, .verifier = attempt->verifier, .redirect_uri = return_address(call) };
    const struct json_value *more = NULL;
    struct oidc_answer answer;
    struct oidc_token token;

    TRY(oidc_provider_exchange(oidc_provider(oidc), endpoints, &request, &answer, call->arena, err));
    TRY(oidc_provider_verify(oidc_provider(oidc), endpoints, answer.id_token, &token, call->arena, err));
    const struct oidc_expected expected = { .issuer = settings->issuer,
                                            .client = settings->client,
                                            .nonce = attempt->nonce,
                                            .access_token = answer.access_token,
                                            .now_s = clock_wall_ms() / 1000 };
    TRY(oidc_token_check(&token, &expected, call->arena, err));
    if (endpoints->userinfo.len > 0 && answer.access_token.len > 0 && !oidc_person_is_complete(settings, token.claims))
        TRY(oidc_provider_ask(oidc_provider(oidc), endpoints, answer.access_token, json_get_str(token.claims, STR("sub")), &more,
                              call->arena, err));
    oidc_person_read(&entrance->person, settings, token.claims, more, call->arena);
    entrance->id_token = answer.id_token;
    return OK;
}

static enum err_code enter(struct http_call *call, const struct attempt *attempt, struct entrance *entrance, struct err *err) {
    struct app *app = call->app;
    struct oidc_endpoints endpoints;
    struct str code;

    TRY(oidc_provider_find(oidc_provider(app->oidc), &endpoints, call->arena, err));
    TRY(check_answer(call, &endpoints, &code, err));
    TRY(find_person(call, &endpoints, attempt, code, entrance, err));
    struct oidc_entry entry = { .settings = oidc_settings(app->oidc),
                                .secrets = app->secrets,
                                .person = &entrance->person,
                                .address = call->peer,
                                .arena = call->arena };
    TRY(db_write(app->db, oidc_enter, &entry, err));
    identities_forget(app->identities);
    entrance->cookie = entry.cookie;
    return OK;
}

struct failure {
    struct str address, subject;
};

static enum err_code note_failure(struct db_tx *tx, void *context, struct err *err) {
    const struct failure *failure = context;
    struct actor actor = { 0, 0, failure->address };
    return audit_add(tx, &actor, "session.refused", 0, str_slice(failure->subject, 0, SUBJECT_SHOWN_MAX), err);
}

/* Who is turned away is noted as with passwords; that a provider is away is nobody's doing. */
static void count_failure(struct http_call *call, const struct oidc_person *person, enum err_code code) {
    struct app *app = call->app;
    struct failure failure = { call->peer, person->subject };
    struct err err;
    if (code != ERR_UNAUTHENTICATED && code != ERR_FORBIDDEN && code != ERR_CONFLICT)
        return;
    log_in_limits_count_failure(app->log_in_limits, STR_EMPTY, call->peer, clock_mono_ms());
    if (db_write(app->db, note_failure, &failure, &err) != OK)
        log_warn("cannot note a log-in that was refused: %s", err.message);
}

static enum err_code come_back(struct http_call *call, struct err *err) {
    struct app *app = call->app;
    struct entrance entrance = { .person = { .subject = STR_EMPTY } };
    struct attempt attempt = { .next = STR("/") };

    enum err_code code = log_in_limits_check(app->log_in_limits, STR_EMPTY, call->peer, clock_mono_ms(), err);
    if (code == OK && !find_attempt(&attempt, call, app->secrets)) {
        attempt.next = STR("/");
        code = err_set(err, ERR_PRECONDITION, "the browser did not begin it, or too long ago");
    } else if (code == OK) {
        code = enter(call, &attempt, &entrance, err);
    }
    if (code != OK) {
        count_failure(call, &entrance.person, code);
        tell_problem(call, attempt.next, code, err);
        return OK;
    }
    set_attempt_cookie(call, STR_EMPTY, 0);
    session_set_cookie(call, entrance.cookie, oidc_settings(app->oidc)->session_ms / 1000);
    oidc_log_out_prepare(call, entrance.id_token, oidc_settings(app->oidc)->session_ms / 1000);
    send_on(call, attempt.next);
    return OK;
}

enum err_code oidc_log_in_answer_return(struct http_call *call, struct err *err) {
    return put_aside(call, come_back, err);
}
