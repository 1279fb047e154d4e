/* fuzz_oidc_keys.c - a set of keys and a provider's description: refused with words, or of use, and never a way out of https. */
#include "base/http_url.h"
#include "server/api/oidc/oidc_keys.h"
#include "server/api/oidc/oidc_provider.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void verify_with(const struct oidc_keys *keys) {
    const struct oidc_token tokens[] = { { .algorithm = OIDC_RS256, .signed_text = STR_INIT("x"), .signature = STR_INIT("y") },
                                         { .algorithm = OIDC_ES256, .signed_text = STR_INIT("x"), .signature = STR_INIT("0123456789012345678901234567890123456789012345678901234567890123") } };
    struct err err;
    for (size_t i = 0; i < 2; i++)
        if (oidc_keys_verify(keys, &tokens[i], &err) == OK)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    const struct str text = { (const char *)data, size_bytes };
    struct arena *arena = arena_create();
    struct oidc_endpoints endpoints;
    struct oidc_keys *keys;
    struct http_url url;
    struct err err = { 0 };

    if (oidc_keys_parse(&keys, text, &err) == OK)
        verify_with(keys);
    else if (err.message[0] == '\0')
        abort();
    oidc_keys_destroy(keys);
    if (oidc_endpoints_parse(&endpoints, text, STR("https://sso.example"), arena, &err) == OK &&
        (http_url_parse(&url, endpoints.token, &err) != OK || !url.is_secure))
        abort();
    arena_destroy(arena);
    return 0;
}
