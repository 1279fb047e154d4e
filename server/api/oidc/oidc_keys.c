/* oidc_keys.c - see oidc_keys.h. */
#include "server/api/oidc/oidc_keys.h"

#include "base/hash.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>

enum { KEY_ID_MAX = 256, RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192, EXPONENT_BYTES_MAX = 4, P256_BYTES = 32 };

struct key {
    enum oidc_algorithm algorithm;
    EVP_PKEY *public_key;
    char id[KEY_ID_MAX + 1];
    bool has_id;
};

struct oidc_keys {
    struct key items[OIDC_KEYS_MAX];
    size_t count;
};

/* ---- reading ---- */

static bool find_bytes(const struct json_value *json, struct str name, struct str *out, struct arena *arena) {
    struct str text = json_get_str(json, name);
    return text.ptr != NULL && hash_from_base64(text, out, arena) && out->len > 0;
}

static EVP_PKEY *make_key(const char *kind, OSSL_PARAM_BLD *builder) {
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    EVP_PKEY *key = NULL;
    if (parameters == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    return key;
}

static BIGNUM *number_of(struct str bytes) {
    return BN_bin2bn((const unsigned char *)bytes.ptr, (int)bytes.len, NULL);
}

static EVP_PKEY *read_rsa(const struct json_value *json, struct arena *arena) {
    struct str n, e;
    if (!find_bytes(json, STR("n"), &n, arena) || !find_bytes(json, STR("e"), &e, arena) || n.len > RSA_BITS_MAX / 8 ||
        e.len > EXPONENT_BYTES_MAX)
        return NULL;
    BIGNUM *modulus = number_of(n), *exponent = number_of(e);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (modulus != NULL && exponent != NULL && builder != NULL && BN_num_bits(modulus) >= RSA_BITS_MIN && BN_is_odd(modulus) &&
        BN_is_odd(exponent) && !BN_is_one(exponent) && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
        key = make_key("RSA", builder);
    OSSL_PARAM_BLD_free(builder);
    BN_free(exponent);
    BN_free(modulus);
    return key;
}

/* That the point lies on the curve is looked at when the key is made. */
static EVP_PKEY *read_p256(const struct json_value *json, struct arena *arena) {
    unsigned char point[1 + 2 * P256_BYTES] = { 4 }; /* both coordinates, uncompressed */
    struct str x, y, curve = json_get_str(json, STR("crv"));
    if (curve.ptr == NULL || !str_eq_c(curve, "P-256") || !find_bytes(json, STR("x"), &x, arena) ||
        !find_bytes(json, STR("y"), &y, arena) || x.len != P256_BYTES || y.len != P256_BYTES)
        return NULL;
    memcpy(point + 1, x.ptr, P256_BYTES);
    memcpy(point + 1 + P256_BYTES, y.ptr, P256_BYTES);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (builder != NULL && OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1)
        key = make_key("EC", builder);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

static bool is_for_signatures(const struct json_value *json, const char *algorithm) {
    struct str use = json_get_str(json, STR("use")), stated = json_get_str(json, STR("alg"));
    return (use.ptr == NULL || str_eq_c(use, "sig")) && (stated.ptr == NULL || str_eq_c(stated, algorithm));
}

static void read_key(struct oidc_keys *keys, const struct json_value *json, struct arena *arena) {
    struct key *key = &keys->items[keys->count];
    struct str kind = json_get_str(json, STR("kty")), id = json_get_str(json, STR("kid"));

    if (kind.ptr == NULL || id.len > KEY_ID_MAX)
        return;
    *key = (struct key){ .has_id = id.ptr != NULL };
    if (str_eq_c(kind, "RSA") && is_for_signatures(json, "RS256")) {
        key->algorithm = OIDC_RS256;
        key->public_key = read_rsa(json, arena);
    } else if (str_eq_c(kind, "EC") && is_for_signatures(json, "ES256")) {
        key->algorithm = OIDC_ES256;
        key->public_key = read_p256(json, arena);
    }
    if (key->public_key == NULL)
        return;
    (void)snprintf(key->id, sizeof key->id, "%.*s", STR_ARG(id));
    keys->count++;
}

static enum err_code read_keys(struct oidc_keys *keys, struct str json, struct arena *arena, struct err *err) {
    struct json_value *document;
    if (json.len > OIDC_KEYS_MAX_BYTES)
        return err_set(err, ERR_BAD_INPUT, "the set of keys is larger than %d bytes", OIDC_KEYS_MAX_BYTES);
    TRY(json_parse(&document, json, JSON_STRICT, arena, err));
    const struct json_value *list = json_get(document, STR("keys"));
    if (list == NULL || list->type != JSON_TYPE_ARRAY)
        return err_set(err, ERR_BAD_INPUT, "the set of keys has no list \"keys\"");
    for (size_t i = 0; i < list->array.count && keys->count < OIDC_KEYS_MAX; i++)
        read_key(keys, &list->array.items[i], arena);
    return OK;
}

enum err_code oidc_keys_parse(struct oidc_keys **out, struct str json, struct err *err) {
    struct arena *arena = arena_create();
    struct oidc_keys *keys = calloc(1, sizeof *keys);

    *out = NULL;
    enum err_code code = keys == NULL ? err_set(err, ERR_INTERNAL, "out of memory") : read_keys(keys, json, arena, err);
    if (code == OK) {
        *out = keys;
        keys = NULL;
    }
    oidc_keys_destroy(keys);
    arena_destroy(arena);
    return code;
}

void oidc_keys_destroy(struct oidc_keys *keys) {
    for (size_t i = 0; keys != NULL && i < keys->count; i++)
        EVP_PKEY_free(keys->items[i].public_key);
    free(keys);
}

size_t oidc_keys_count(const struct oidc_keys *keys) {
    return keys->count;
}

/* ---- signatures ---- */

/* A token holds the two numbers one after the other, OpenSSL wants them in DER. */
static int ecdsa_to_der(struct str signature, unsigned char **der) {
    if (signature.len != 2 * P256_BYTES)
        return 0;
    ECDSA_SIG *numbers = ECDSA_SIG_new();
    BIGNUM *r = number_of(str_slice(signature, 0, P256_BYTES)), *s = number_of(str_from(signature, P256_BYTES));
    int len = 0;
    if (numbers == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(numbers, r, s) != 1) {
        BN_free(r);
        BN_free(s);
    } else {
        len = i2d_ECDSA_SIG(numbers, der);
    }
    ECDSA_SIG_free(numbers);
    return len;
}

static bool verify(EVP_PKEY *key, struct str text, const unsigned char *signature, size_t len) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_right = context != NULL && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                    EVP_DigestVerify(context, signature, len, (const unsigned char *)text.ptr, text.len) == 1;
    EVP_MD_CTX_free(context);
    return is_right;
}

static bool has_signed(const struct key *key, const struct oidc_token *token) {
    if (key->algorithm == OIDC_RS256)
        return verify(key->public_key, token->signed_text, (const unsigned char *)token->signature.ptr, token->signature.len);
    unsigned char *der = NULL;
    int len = ecdsa_to_der(token->signature, &der);
    bool is_right = len > 0 && verify(key->public_key, token->signed_text, der, (size_t)len);
    OPENSSL_free(der);
    return is_right;
}

static bool may_have_signed(const struct key *key, const struct oidc_token *token) {
    return key->algorithm == token->algorithm &&
           (token->key_id.ptr == NULL || (key->has_id && str_eq_c(token->key_id, key->id)));
}

enum err_code oidc_keys_verify(const struct oidc_keys *keys, const struct oidc_token *token, struct err *err) {
    size_t tried = 0;
    for (size_t i = 0; i < keys->count; i++) {
        if (!may_have_signed(&keys->items[i], token))
            continue;
        tried++;
        if (has_signed(&keys->items[i], token))
            return OK;
    }
    return err_set(err, ERR_UNAUTHENTICATED, tried == 0 ? "none of the provider's keys is the one that the token names"
                                                        : "the token's signature is not right");
}
