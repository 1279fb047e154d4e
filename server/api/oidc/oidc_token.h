/* oidc_token.h - an ID token of OpenID Connect: signed JSON in which a provider says who has logged in there.
 *
 * Parsing believes nothing; a token is good once oidc_keys_verify has found its signature right and oidc_token_check
 * its claims. Only RS256 and ES256 are taken: "none" is no signature, and the HS family would make the provider's
 * public key, or the client's secret, a key that others can sign with.
 *
 * Memory: parts point into the text or live in the arena.
 */
#ifndef SERVER_API_OIDC_TOKEN_H
#define SERVER_API_OIDC_TOKEN_H

#include "base/json.h"

enum { OIDC_TOKEN_MAX_BYTES = 1 << 16, OIDC_LEEWAY_S = 60, OIDC_SUBJECT_MAX = 255 };

enum oidc_algorithm { OIDC_RS256, OIDC_ES256 };

struct oidc_token {
    enum oidc_algorithm algorithm;
    struct str key_id; /* ptr NULL: it names none */
    struct str signed_text, signature;
    const struct json_value *claims; /* an object */
};

/* ERR_UNAUTHENTICATED with what is wrong. */
MUST_CHECK enum err_code oidc_token_parse(struct oidc_token *out, struct str text, struct arena *arena, struct err *err);

struct oidc_expected {
    struct str issuer, client, nonce;
    struct str access_token; /* that came beside it; held against at_hash when there is one */
    int64_t now_s;
};

/* Who made it, for whom, for which log-in, and whether it is its time. ERR_UNAUTHENTICATED with what is wrong. */
MUST_CHECK enum err_code oidc_token_check(const struct oidc_token *token, const struct oidc_expected *expected, struct arena *arena,
                                          struct err *err);

#endif
