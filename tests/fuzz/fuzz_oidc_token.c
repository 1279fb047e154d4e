/* fuzz_oidc_token.c - a token is refused with words, or has three parts that can be verified and asked; none that is made up is
 * good. */
#include "server/api/oidc/oidc_account.h"
#include "server/api/oidc/oidc_keys.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void use(const struct oidc_token *token, struct arena *arena) {
    const struct oidc_expected expected = { STR("https://sso.example"), STR("us"), STR("n-1"), STR("access"), 1500 };
    const struct oidc_settings settings = { .groups_claim = STR("groups") };
    struct oidc_keys *keys;
    struct oidc_person person;
    struct err err = { 0 };

    if (oidc_token_check(token, &expected, arena, &err) != OK && err.message[0] == '\0')
        abort();
    oidc_person_read(&person, &settings, token->claims, NULL, arena);
    if (person.username.len == 0)
        abort();
    if (oidc_keys_parse(&keys, STR("{\"keys\": []}"), &err) != OK || oidc_keys_verify(keys, token, &err) == OK)
        abort();
    oidc_keys_destroy(keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct arena *arena = arena_create();
    struct oidc_token token;
    struct err err = { 0 };

    if (oidc_token_parse(&token, (struct str){ (const char *)data, size_bytes }, arena, &err) == OK)
        use(&token, arena);
    else if (err.message[0] == '\0')
        abort();
    arena_destroy(arena);
    return 0;
}
