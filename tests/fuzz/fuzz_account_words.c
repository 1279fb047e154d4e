/* fuzz_account_words.c - what strangers write into links, ids, names and keys. */
#include "base/file.h"
#include "base/log.h"
#include "server/api/node_id.h"
#include "server/store/accounts/api_key.h"
#include "server/store/accounts/entity.h"
#include "server/store/accounts/secrets.h"
#include "server/store/accounts/user.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

/* Release builds drop assert. */
static void must(bool claim) {
    if (!claim)
        abort();
}

/* Signatures need a secret, and a secret a database: one for the whole run. */
static struct secrets *open_secrets(void) {
    char folder[] = "/tmp/barograph-fuzz-XXXXXX";
    struct arena *arena = arena_create();
    struct secrets *secrets = NULL;
    struct err err = { 0 };
    struct db *db = NULL;

    if (mkdtemp(folder) == NULL || db_open(&db, arena_printf(arena, "sqlite:%s/fuzz.db", folder), &err) != OK ||
        secrets_open(&secrets, file_join(arena, folder, "secret.key"), db, &err) != OK)
        log_fatal("cannot make a secret: %s", err.message);
    db_close(db);
    if (file_remove_tree(folder, &err) != OK)
        log_fatal("%s", err.message);
    arena_destroy(arena);
    return secrets;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    static struct secrets *secrets;
    struct str text = { (const char *)data, size_bytes };
    struct signed_link link = { .path = STR("/x") };
    struct arena *arena = arena_create();
    struct err err = { 0 };
    int64_t number;

    if (secrets == NULL)
        secrets = open_secrets();
    /* Nobody guesses a signature. */
    must(secrets_check_link(secrets, &link, text, 0, &err) != OK);
    if (node_id_parse(text, "User", &number, arena))
        must(str_eq(node_id_make("User", number, arena), node_id_make("User", number, arena)));
    if (entity_check_name(text, &err) == OK)
        must(size_bytes >= 1 && size_bytes <= ENTITY_NAME_MAX && memchr(data, '/', size_bytes) == NULL);
    if (api_key_check(text, &err) == OK)
        must(size_bytes >= API_KEY_MIN && size_bytes <= API_KEY_MAX);
    if (user_check_email(text, &err) == OK)
        must(size_bytes <= USER_EMAIL_MAX && memchr(data, '\n', size_bytes) == NULL);
    arena_destroy(arena);
    return 0;
}
