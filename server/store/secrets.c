/* secrets.c - see secrets.h. */
#include "server/store/secrets.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "server/store/setting.h"

enum { SECRET_BYTES = 32, FILE_MAX_BYTES = 4096, SIGNATURE_MAX_LEN = 256 };

struct secrets {
    /* One key for each use, so that a hash of one kind is never good as another. */
    unsigned char of_use[2][SHA256_BYTES];
    unsigned char of_links[SHA256_BYTES];
};

/* ---- the file ---- */

static void derive(unsigned char out[SHA256_BYTES], const unsigned char *secret, struct str purpose) {
    hash_hmac_sha256(out, (struct str){ (const char *)secret, SECRET_BYTES }, purpose);
}

static enum err_code read_secret(unsigned char *secret, const char *path, struct arena *arena, struct err *err) {
    struct str text;
    TRY(file_read_all(&text, path, FILE_MAX_BYTES, arena, err));
    if (!hash_from_hex(str_trim(text), secret, SECRET_BYTES))
        return err_set(err, ERR_CORRUPT, "'%s' should hold %d hexadecimal digits", path, SECRET_BYTES * 2);
    return OK;
}

static enum err_code make_secret(unsigned char *secret, const char *path, struct arena *arena, struct err *err) {
    hash_random(secret, SECRET_BYTES);
    struct str hex = hash_hex(secret, SECRET_BYTES, arena);
    return file_replace(path, arena_printf(arena, "%.*s\n", STR_ARG(hex)), 0600, err);
}

struct check {
    struct arena *arena;
    struct str expected; /* what this secret's check value is; ptr NULL: only look */
    struct str found;
};

static enum err_code find_check(struct db_tx *tx, void *context, struct err *err) {
    struct check *check = context;
    return setting_get(tx, STR("secret_check"), check->arena, &check->found, err);
}

static enum err_code keep_check(struct db_tx *tx, void *context, struct err *err) {
    struct check *check = context;
    TRY(find_check(tx, check, err));
    if (check->found.ptr != NULL)
        return OK;
    check->found = check->expected;
    return setting_set(tx, STR("secret_check"), check->expected, err);
}

static enum err_code load(struct secrets *secrets, const char *path, struct db *db, struct arena *arena,
                          struct err *err) {
    unsigned char secret[SECRET_BYTES], check_bytes[SHA256_BYTES];
    struct check check = { .arena = arena };

    TRY(db_read(db, find_check, &check, err));
    if (file_exists(path))
        TRY(read_secret(secret, path, arena, err));
    else if (check.found.ptr == NULL)
        TRY(make_secret(secret, path, arena, err));
    else
        return err_set(err, ERR_PRECONDITION,
                       "'%s' is missing, and without it no API key of this database is good: put it back", path);
    derive(check_bytes, secret, STR("check"));
    check.expected = hash_hex(check_bytes, sizeof check_bytes, arena);
    TRY(db_write(db, keep_check, &check, err));
    if (!str_eq(check.found, check.expected))
        return err_set(err, ERR_PRECONDITION,
                       "'%s' is not the secret that this database's API keys were made with: put that one back", path);
    derive(secrets->of_use[SECRET_API_KEY], secret, STR("api key"));
    derive(secrets->of_use[SECRET_SESSION], secret, STR("session"));
    derive(secrets->of_links, secret, STR("link"));
    return OK;
}

enum err_code secrets_open(struct secrets **out, const char *path, struct db *db, struct err *err) {
    struct arena *arena = arena_create();
    struct secrets *secrets = calloc(1, sizeof *secrets);
    if (secrets == NULL)
        log_fatal("out of memory: cannot open the secrets");
    enum err_code code = load(secrets, path, db, arena, err);
    arena_destroy(arena);
    if (code != OK) {
        secrets_close(secrets);
        return code;
    }
    *out = secrets;
    return OK;
}

void secrets_close(struct secrets *secrets) {
    if (secrets == NULL)
        return;
    explicit_bzero(secrets, sizeof *secrets);
    free(secrets);
}

struct secret_hash secrets_hash(const struct secrets *secrets, enum secret_use use, struct str text) {
    struct secret_hash hash;
    hash_hmac_sha256(hash.bytes, (struct str){ (const char *)secrets->of_use[use], SHA256_BYTES }, text);
    return hash;
}

/* ---- links ---- */

/* The path comes last: nothing after it could be mistaken for a part of it. */
static void sign(const struct secrets *secrets, const struct signed_link *link, unsigned char out[SHA256_BYTES],
                 struct arena *arena) {
    struct str text = arena_printf(arena, "%d.%lld.%llu.%lld.%lld.%.*s", (int)link->method, (long long)link->expires_at,
                                   (unsigned long long)link->max_bytes, (long long)link->user_id,
                                   (long long)link->key_id, STR_ARG(link->path));
    hash_hmac_sha256(out, (struct str){ (const char *)secrets->of_links, SHA256_BYTES }, text);
}

struct str secrets_sign_link(const struct secrets *secrets, const struct signed_link *link, struct arena *arena) {
    unsigned char signature[SHA256_BYTES];
    sign(secrets, link, signature, arena);
    struct str hex = hash_hex(signature, sizeof signature, arena);
    return arena_printf(arena, "sig=%lld.%llu.%lld.%lld.%.*s", (long long)link->expires_at,
                        (unsigned long long)link->max_bytes, (long long)link->user_id, (long long)link->key_id,
                        STR_ARG(hex));
}

static bool parse_signature(struct signed_link *link, struct str text, unsigned char signature[SHA256_BYTES]) {
    struct str part;
    return text.len <= SIGNATURE_MAX_LEN && str_cut(text, '.', &part, &text) && str_to_i64(part, &link->expires_at) &&
           str_cut(text, '.', &part, &text) && str_to_u64(part, &link->max_bytes) && str_cut(text, '.', &part, &text) &&
           str_to_i64(part, &link->user_id) && str_cut(text, '.', &part, &text) && str_to_i64(part, &link->key_id) &&
           hash_from_hex(text, signature, SHA256_BYTES);
}

enum err_code secrets_check_link(const struct secrets *secrets, struct signed_link *link, struct str signature,
                                 int64_t now_ms, struct err *err) {
    unsigned char given[SHA256_BYTES], expected[SHA256_BYTES];
    struct arena *arena = arena_create();

    bool is_ours = parse_signature(link, signature, given);
    if (is_ours) {
        sign(secrets, link, expected, arena);
        is_ours = hash_equal(given, expected, sizeof expected);
    }
    arena_destroy(arena);
    if (!is_ours)
        return err_set(err, ERR_FORBIDDEN, "the link's signature is not good for this address");
    if (now_ms >= link->expires_at)
        return err_set(err, ERR_FORBIDDEN, "the link has expired, ask for a new one");
    return OK;
}
