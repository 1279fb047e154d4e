/* oidc_provider.h - the provider of OpenID Connect, asked over HTTP: where its parts are, its keys, what a code stands for.
 *
 * Nothing is followed anywhere: all its addresses are https (or, when the issuer itself is one of this machine's, of this
 * machine), redirects are answers, sizes and times are bounded, proxies from the environment are not asked. The issuer's own
 * host may be in a private network, because an administrator named it; other hosts only if webhooks may reach them.
 *
 * Threads: shared by all, guards itself; asking blocks for up to OIDC_TIMEOUT_MS. Memory: results live in the arena.
 */
#ifndef SERVER_API_OIDC_PROVIDER_H
#define SERVER_API_OIDC_PROVIDER_H

#include "server/api/automations/webhook_send.h"
#include "server/api/oidc/oidc_settings.h"
#include "server/api/oidc/oidc_token.h"

enum { OIDC_TIMEOUT_MS = 10000, OIDC_ANSWER_MAX_BYTES = 1 << 18, OIDC_FRESH_MS = 60 * 60 * 1000 };

struct oidc_provider;

/* Borrows all three for its life. networks: of webhooks. */
struct oidc_provider *oidc_provider_create(const struct oidc_settings *settings, const struct webhook_networks *networks);
void oidc_provider_destroy(struct oidc_provider *provider); /* NULL is fine */

/* What it says of itself (its discovery document), read again after OIDC_FRESH_MS. */
struct oidc_endpoints {
    struct str authorization, token, keys;
    struct str userinfo;   /* empty: none */
    struct str end_session; /* empty: nobody logs out there */
    bool names_issuer;     /* it says in each answer who it is (RFC 9207) */
    bool takes_secret_in_body; /* and not in a header */
};
/* From outside's text. ERR_BAD_INPUT with what is missing or may not be. */
MUST_CHECK enum err_code oidc_endpoints_parse(struct oidc_endpoints *out, struct str json, struct str issuer, struct arena *arena,
                                              struct err *err);
MUST_CHECK enum err_code oidc_provider_find(struct oidc_provider *provider, struct oidc_endpoints *out, struct arena *arena,
                                            struct err *err);

struct oidc_request {
    struct str code, verifier, redirect_uri;
};
struct oidc_answer {
    struct str id_token, access_token;
};
/* ERR_UNAUTHENTICATED when the code is not good (any more); ERR_IO when it cannot be asked. */
MUST_CHECK enum err_code oidc_provider_exchange(struct oidc_provider *provider, const struct oidc_endpoints *endpoints,
                                                const struct oidc_request *request, struct oidc_answer *out, struct arena *arena,
                                                struct err *err);
/* Parses the token and finds its signature right. Keys that are not known yet are fetched. */
MUST_CHECK enum err_code oidc_provider_verify(struct oidc_provider *provider, const struct oidc_endpoints *endpoints, struct str text,
                                              struct oidc_token *out, struct arena *arena, struct err *err);
/* What it says of the person beyond the token. ERR_UNAUTHENTICATED when it speaks of somebody else. */
MUST_CHECK enum err_code oidc_provider_ask(struct oidc_provider *provider, const struct oidc_endpoints *endpoints,
                                           struct str access_token, struct str subject, const struct json_value **out,
                                           struct arena *arena, struct err *err);

#endif
