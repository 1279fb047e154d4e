/* integration.h - webhooks that an entity's automations and alerts may call. Memory: results live in the arena. */
#ifndef SERVER_STORE_INTEGRATION_H
#define SERVER_STORE_INTEGRATION_H

#include "base/list.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

enum { INTEGRATION_NAME_MAX = 64, INTEGRATION_URL_MAX = 2048, INTEGRATIONS_PER_ENTITY_MAX = 1000 };

struct integration {
    struct owner owner; /* the entity */
    int64_t id, created_at;
    struct str name, url;
    bool is_lent; /* shown through an object of another owner, which more people may read */
};

/* ERR_BAD_INPUT for a name or an address that cannot be; ERR_CONFLICT when the entity has one of that name. */
MUST_CHECK enum err_code integration_create(struct db_tx *tx, int64_t entity_id, struct str name, struct str url, int64_t user_id,
                                            int64_t now_ms, int64_t *id, struct err *err);
/* ERR_NOT_FOUND "there is no such integration". */
MUST_CHECK enum err_code integration_find(struct db_tx *tx, int64_t id, struct arena *arena, struct integration **out, struct err *err);
/* Of struct integration, by name. */
MUST_CHECK enum err_code integration_list(struct db_tx *tx, int64_t entity_id, struct arena *arena, struct list *out, struct err *err);
MUST_CHECK enum err_code integration_delete(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err);

#endif
