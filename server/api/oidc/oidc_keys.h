/* oidc_keys.h - the public keys of a provider (RFC 7517), and whether one of them has signed a token.
 *
 * Keys for other purposes, of other kinds, or too weak (RSA below 2,048 bits) are passed over: a provider may publish
 * what it likes. A key is good for the algorithm of its own kind only, whatever a token's header says.
 *
 * Threads: read-only once parsed. Memory: oidc_keys_destroy.
 */
#ifndef SERVER_API_OIDC_KEYS_H
#define SERVER_API_OIDC_KEYS_H

#include "server/api/oidc/oidc_token.h"

enum { OIDC_KEYS_MAX = 64, OIDC_KEYS_MAX_BYTES = 1 << 18 };

struct oidc_keys;

/* ERR_BAD_INPUT when it is no set of keys. */
MUST_CHECK enum err_code oidc_keys_parse(struct oidc_keys **out, struct str json, struct err *err);
void oidc_keys_destroy(struct oidc_keys *keys); /* NULL is fine */
size_t oidc_keys_count(const struct oidc_keys *keys);

/* By the key that the token names; by any of its kind when it names none. ERR_UNAUTHENTICATED when none fits. */
MUST_CHECK enum err_code oidc_keys_verify(const struct oidc_keys *keys, const struct oidc_token *token, struct err *err);

#endif
