/* oidc_token.c - see oidc_token.h. */
#include "server/api/oidc/oidc_token.h"

#include "base/hash.h"

/* ---- reading ---- */

static enum err_code parse_part(const struct json_value **out, struct str part, const char *what, struct arena *arena, struct err *err) {
    struct json_value *value;
    struct str text;
    struct err ignored;
    if (!hash_from_base64(part, &text, arena) || json_parse(&value, text, JSON_STRICT, arena, &ignored) != OK ||
        value->type != JSON_TYPE_OBJECT)
        return err_set(err, ERR_UNAUTHENTICATED, "the token's %s is not a JSON object in base64", what);
    *out = value;
    return OK;
}

static enum err_code take_header(struct oidc_token *out, const struct json_value *header, struct err *err) {
    struct str algorithm = json_get_str(header, STR("alg"));
    if (algorithm.ptr != NULL && str_eq_c(algorithm, "RS256"))
        out->algorithm = OIDC_RS256;
    else if (algorithm.ptr != NULL && str_eq_c(algorithm, "ES256"))
        out->algorithm = OIDC_ES256;
    else
        return err_set(err, ERR_UNAUTHENTICATED, "the token must be signed with RS256 or ES256, not with '%.*s'",
                       STR_ARG(algorithm.ptr == NULL ? STR_EMPTY : str_slice(algorithm, 0, 40)));
    if (json_get(header, STR("crit")) != NULL)
        return err_set(err, ERR_UNAUTHENTICATED, "the token asks for extensions that are not known here");
    out->key_id = json_get_str(header, STR("kid"));
    return OK;
}

enum err_code oidc_token_parse(struct oidc_token *out, struct str text, struct arena *arena, struct err *err) {
    const struct json_value *header_json;
    struct str header, rest, payload, signature;

    *out = (struct oidc_token){ 0 };
    if (text.len > OIDC_TOKEN_MAX_BYTES)
        return err_set(err, ERR_UNAUTHENTICATED, "the token is longer than %d bytes", OIDC_TOKEN_MAX_BYTES);
    if (!str_cut(text, '.', &header, &rest) || !str_cut(rest, '.', &payload, &signature) || str_contains(signature, STR(".")))
        return err_set(err, ERR_UNAUTHENTICATED, "the token does not have three parts");
    TRY(parse_part(&header_json, header, "header", arena, err));
    TRY(take_header(out, header_json, err));
    TRY(parse_part(&out->claims, payload, "payload", arena, err));
    if (!hash_from_base64(signature, &out->signature, arena) || out->signature.len == 0)
        return err_set(err, ERR_UNAUTHENTICATED, "the token's signature is not base64");
    out->signed_text = str_slice(text, 0, header.len + 1 + payload.len);
    return OK;
}

/* ---- its claims ---- */

static bool is_claim(const struct oidc_token *token, struct str name, struct str expected) {
    struct str value = json_get_str(token->claims, name);
    return value.ptr != NULL && str_eq(value, expected);
}

/* One text, or a list of them; with several, "azp" says which of them asked for it. */
static enum err_code check_audience(const struct oidc_token *token, struct str client, struct err *err) {
    const struct json_value *audience = json_get(token->claims, STR("aud")), *party = json_get(token->claims, STR("azp"));
    size_t count = audience != NULL && audience->type == JSON_TYPE_ARRAY ? audience->array.count : 0;
    bool is_ours = is_claim(token, STR("aud"), client);

    for (size_t i = 0; i < count && !is_ours; i++)
        is_ours = audience->array.items[i].type == JSON_TYPE_STRING && str_eq(audience->array.items[i].string, client);
    if (!is_ours)
        return err_set(err, ERR_UNAUTHENTICATED, "the token is meant for somebody else");
    if ((party != NULL || count > 1) && !is_claim(token, STR("azp"), client))
        return err_set(err, ERR_UNAUTHENTICATED, "the token was made for somebody else's request");
    return OK;
}

/* False when it is missing or no number. Seconds, with a fraction maybe. */
static bool find_time(const struct oidc_token *token, struct str name, double *out) {
    const struct json_value *value = json_get(token->claims, name);
    return value != NULL && json_to_double(value, out);
}

static enum err_code check_times(const struct oidc_token *token, int64_t now_s, struct err *err) {
    double expires, begins, made, now = (double)now_s;
    if (!find_time(token, STR("exp"), &expires) || !find_time(token, STR("iat"), &made))
        return err_set(err, ERR_UNAUTHENTICATED, "the token does not say when it was made and when it ends");
    if (!(now < expires + OIDC_LEEWAY_S))
        return err_set(err, ERR_UNAUTHENTICATED, "the token's time is over");
    if (json_get(token->claims, STR("nbf")) != NULL && !(find_time(token, STR("nbf"), &begins) && begins <= now + OIDC_LEEWAY_S))
        return err_set(err, ERR_UNAUTHENTICATED, "the token is not good yet");
    if (!(made <= now + OIDC_LEEWAY_S))
        return err_set(err, ERR_UNAUTHENTICATED, "the token was made in the future: compare the clocks");
    return OK;
}

/* That the access token is the one which this token came with. */
static enum err_code check_access_token(const struct oidc_token *token, struct str access_token, struct arena *arena, struct err *err) {
    unsigned char digest[SHA256_BYTES];
    if (json_get(token->claims, STR("at_hash")) == NULL || access_token.len == 0)
        return OK;
    hash_sha256(digest, access_token);
    struct str half = { (const char *)digest, SHA256_BYTES / 2 };
    if (!is_claim(token, STR("at_hash"), hash_base64_url(half, arena)))
        return err_set(err, ERR_UNAUTHENTICATED, "the access token is not the one that belongs to the token");
    return OK;
}

enum err_code oidc_token_check(const struct oidc_token *token, const struct oidc_expected *expected, struct arena *arena,
                               struct err *err) {
    struct str nonce = json_get_str(token->claims, STR("nonce")), subject = json_get_str(token->claims, STR("sub"));

    if (!is_claim(token, STR("iss"), expected->issuer))
        return err_set(err, ERR_UNAUTHENTICATED, "the token is another issuer's");
    TRY(check_audience(token, expected->client, err));
    TRY(check_times(token, expected->now_s, err));
    if (nonce.ptr == NULL || nonce.len != expected->nonce.len || !hash_equal(nonce.ptr, expected->nonce.ptr, nonce.len))
        return err_set(err, ERR_UNAUTHENTICATED, "the token belongs to another log-in");
    if (subject.ptr == NULL || subject.len == 0 || subject.len > OIDC_SUBJECT_MAX || memchr(subject.ptr, '\0', subject.len) != NULL)
        return err_set(err, ERR_UNAUTHENTICATED, "the token does not say who it is, in 1 to %d bytes", OIDC_SUBJECT_MAX);
    return check_access_token(token, expected->access_token, arena, err);
}
