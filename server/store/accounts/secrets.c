/* secrets.c - see secrets.h. */
#include "server/store/accounts/secrets.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "server/store/accounts/setting.h"

enum { SECRET_BYTES = 32, FILE_MAX_BYTES = 4096, SIGNATURE_MAX_LEN = 256 };

/* One key for each use, so that a hash of one kind is never good as another. */
struct derived {
    unsigned char of_use[SECRET_LOG_IN + 1][SHA256_BYTES];
    unsigned char of_links[SHA256_BYTES];
    char check[SHA256_HEX_LEN + 1];
};

struct secrets {
    struct derived of[SECRETS_MAX]; /* the newest first */
    size_t count;
};

/* ---- the file ---- */

static void derive(unsigned char out[SHA256_BYTES], const unsigned char *secret, struct str purpose) {
    hash_hmac_sha256(out, (struct str){ (const char *)secret, SECRET_BYTES }, purpose);
}

static void add_secret(struct secrets *secrets, const unsigned char *secret, struct arena *arena) {
    struct derived *derived = &secrets->of[secrets->count++];
    unsigned char check[SHA256_BYTES];
    derive(check, secret, STR("check"));
    (void)snprintf(derived->check, sizeof derived->check, "%.*s", STR_ARG(hash_hex(check, sizeof check, arena)));
    derive(derived->of_use[SECRET_API_KEY], secret, STR("api key"));
    derive(derived->of_use[SECRET_SESSION], secret, STR("session"));
    derive(derived->of_use[SECRET_WEBHOOK], secret, STR("webhook"));
    derive(derived->of_use[SECRET_LOG_IN], secret, STR("log in"));
    derive(derived->of_links, secret, STR("link"));
}

static enum err_code read_lines(struct secrets *secrets, struct str text, const char *path, struct arena *arena, struct err *err) {
    unsigned char secret[SECRET_BYTES];
    struct str line;
    for (text = str_trim(text); text.len > 0; text = str_trim(text)) {
        struct str rest = STR_EMPTY;
        (void)str_cut(text, '\n', &line, &rest);
        text = rest;
        if (!hash_from_hex(str_trim(line), secret, SECRET_BYTES))
            return err_set(err, ERR_CORRUPT, "'%s' should hold %d hexadecimal digits a line", path, SECRET_BYTES * 2);
        if (secrets->count == SECRETS_MAX)
            return err_set(err, ERR_CORRUPT, "'%s' should hold at most %d secrets: remove the oldest, the last", path, SECRETS_MAX);
        add_secret(secrets, secret, arena);
    }
    return secrets->count > 0 ? OK : err_set(err, ERR_CORRUPT, "'%s' should hold %d hexadecimal digits", path, SECRET_BYTES * 2);
}

static enum err_code read_secrets(struct secrets *secrets, const char *path, struct arena *arena, struct err *err) {
    struct str text;
    TRY(file_read_all(&text, path, FILE_MAX_BYTES, arena, err));
    return read_lines(secrets, text, path, arena, err);
}

static enum err_code make_secret(struct secrets *secrets, const char *path, struct arena *arena, struct err *err) {
    unsigned char secret[SECRET_BYTES];
    hash_random(secret, SECRET_BYTES);
    add_secret(secrets, secret, arena);
    struct str hex = hash_hex(secret, SECRET_BYTES, arena);
    return file_replace(path, arena_printf(arena, "%.*s\n", STR_ARG(hex)), 0600, err);
}

static enum err_code rotate(const char *path, struct arena *arena, struct err *err) {
    struct secrets old = { .count = 0 };
    unsigned char secret[SECRET_BYTES];
    struct str text;
    TRY(read_secrets(&old, path, arena, err));
    if (old.count == SECRETS_MAX)
        return err_set(err, ERR_CONFLICT, "'%s' holds %d secrets already: remove the oldest, the last, first", path, SECRETS_MAX);
    TRY(file_read_all(&text, path, FILE_MAX_BYTES, arena, err));
    hash_random(secret, SECRET_BYTES);
    struct str hex = hash_hex(secret, SECRET_BYTES, arena);
    return file_replace(path, arena_printf(arena, "%.*s\n%.*s\n", STR_ARG(hex), STR_ARG(str_trim(text))), 0600, err);
}

enum err_code secrets_rotate(const char *path, struct err *err) {
    struct arena *arena = arena_create();
    enum err_code code = rotate(path, arena, err);
    arena_destroy(arena);
    return code;
}

struct check {
    struct arena *arena;
    const struct secrets *secrets;
    struct str found; /* what the database keeps; ptr NULL: nothing yet */
    bool is_ours;
};

static enum err_code find_check(struct db_tx *tx, void *context, struct err *err) {
    struct check *check = context;
    return setting_get(tx, STR("secret_check"), check->arena, &check->found, err);
}

/* A secret that was followed by a newer one is still known by it. */
static enum err_code keep_check(struct db_tx *tx, void *context, struct err *err) {
    struct check *check = context;
    TRY(find_check(tx, check, err));
    check->is_ours = check->found.ptr == NULL;
    for (size_t i = 0; i < check->secrets->count; i++)
        check->is_ours |= str_eq_c(check->found, check->secrets->of[i].check);
    return check->is_ours ? setting_set(tx, STR("secret_check"), str_from_c(check->secrets->of[0].check), err) : OK;
}

/* given: the text instead of the file at path, which is then only a name; ptr NULL: the file. */
static enum err_code load(struct secrets *secrets, const char *path, struct str given, struct db *db, struct arena *arena,
                          struct err *err) {
    struct check check = { .arena = arena, .secrets = secrets };

    TRY(db_read(db, find_check, &check, err));
    if (given.ptr != NULL)
        TRY(read_lines(secrets, given, path, arena, err));
    else if (file_exists(path))
        TRY(read_secrets(secrets, path, arena, err));
    else if (check.found.ptr == NULL)
        TRY(make_secret(secrets, path, arena, err));
    else
        return err_set(err, ERR_PRECONDITION,
                       "'%s' is missing, and without it no API key of this database is good: put it back", path);
    TRY(db_write(db, keep_check, &check, err));
    if (!check.is_ours)
        return err_set(err, ERR_PRECONDITION,
                       "'%s' is not the secret that this database's API keys were made with: put that one back", path);
    return OK;
}

static enum err_code open_secrets(struct secrets **out, const char *path, struct str given, struct db *db, struct err *err) {
    struct arena *arena = arena_create();
    struct secrets *secrets = calloc(1, sizeof *secrets);
    if (secrets == NULL)
        log_fatal("out of memory: cannot open the secrets");
    enum err_code code = load(secrets, path, given, db, arena, err);
    arena_destroy(arena);
    if (code != OK) {
        secrets_close(secrets);
        return code;
    }
    *out = secrets;
    return OK;
}

enum err_code secrets_open(struct secrets **out, const char *path, struct db *db, struct err *err) {
    return open_secrets(out, path, (struct str){ NULL, 0 }, db, err);
}

enum err_code secrets_open_given(struct secrets **out, struct str text, const char *from, struct db *db, struct err *err) {
    return open_secrets(out, from, text, db, err);
}

void secrets_close(struct secrets *secrets) {
    if (secrets == NULL)
        return;
    explicit_bzero(secrets, sizeof *secrets);
    free(secrets);
}

size_t secrets_count(const struct secrets *secrets) {
    return secrets->count;
}

struct secret_hash secrets_hash_of(const struct secrets *secrets, size_t number, enum secret_use use, struct str text) {
    struct secret_hash hash;
    hash_hmac_sha256(hash.bytes, (struct str){ (const char *)secrets->of[number].of_use[use], SHA256_BYTES }, text);
    return hash;
}

struct secret_hash secrets_hash(const struct secrets *secrets, enum secret_use use, struct str text) {
    return secrets_hash_of(secrets, 0, use, text);
}

/* ---- links ---- */

/* The path comes last: nothing after it could be mistaken for a part of it. */
static void sign(const struct derived *secret, const struct signed_link *link, unsigned char out[SHA256_BYTES],
                 struct arena *arena) {
    struct str text = arena_printf(arena, "%d.%lld.%llu.%lld.%lld.%lld.%.*s", (int)link->method, (long long)link->expires_at,
                                   (unsigned long long)link->max_bytes, (long long)link->user_id,
                                   (long long)link->key_id, (long long)link->session_id, STR_ARG(link->path));
    hash_hmac_sha256(out, (struct str){ (const char *)secret->of_links, SHA256_BYTES }, text);
}

struct str secrets_sign_link(const struct secrets *secrets, const struct signed_link *link, struct arena *arena) {
    unsigned char signature[SHA256_BYTES];
    sign(&secrets->of[0], link, signature, arena);
    struct str hex = hash_hex(signature, sizeof signature, arena);
    return arena_printf(arena, "sig=%lld.%llu.%lld.%lld.%lld.%.*s", (long long)link->expires_at,
                        (unsigned long long)link->max_bytes, (long long)link->user_id, (long long)link->key_id,
                        (long long)link->session_id, STR_ARG(hex));
}

static bool parse_signature(struct signed_link *link, struct str text, unsigned char signature[SHA256_BYTES]) {
    struct str part;
    return text.len <= SIGNATURE_MAX_LEN && str_cut(text, '.', &part, &text) && str_to_i64(part, &link->expires_at) &&
           str_cut(text, '.', &part, &text) && str_to_u64(part, &link->max_bytes) && str_cut(text, '.', &part, &text) &&
           str_to_i64(part, &link->user_id) && str_cut(text, '.', &part, &text) && str_to_i64(part, &link->key_id) &&
           str_cut(text, '.', &part, &text) && str_to_i64(part, &link->session_id) &&
           hash_from_hex(text, signature, SHA256_BYTES);
}

enum err_code secrets_check_link(const struct secrets *secrets, struct signed_link *link, struct str signature,
                                 int64_t now_ms, struct err *err) {
    unsigned char given[SHA256_BYTES], expected[SHA256_BYTES];
    struct arena *arena = arena_create();

    bool is_ours = false, is_one = parse_signature(link, signature, given);
    for (size_t i = 0; is_one && i < secrets->count; i++) {
        sign(&secrets->of[i], link, expected, arena);
        is_ours |= hash_equal(given, expected, sizeof expected);
    }
    arena_destroy(arena);
    if (!is_ours)
        return err_set(err, ERR_FORBIDDEN, "the link's signature is not good for this address");
    if (now_ms >= link->expires_at)
        return err_set(err, ERR_FORBIDDEN, "the link has expired, ask for a new one");
    return OK;
}
