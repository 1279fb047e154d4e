/* custom_chart.h - charts of users' own making: a specification that runs' tables are shown with, under a name.
 *
 * Memory: results live in the arena.
 */
#ifndef SERVER_STORE_CUSTOM_CHART_H
#define SERVER_STORE_CUSTOM_CHART_H

#include "base/list.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

enum { CUSTOM_CHART_NAME_MAX = 128, CUSTOM_CHART_SPEC_MAX = 4 << 20, CUSTOM_CHARTS_PER_ENTITY_MAX = 1000 };

struct custom_chart {
    struct owner owner; /* the entity */
    int64_t id, user_id, created_at, updated_at;
    struct str name, display_name, type, entity_name;
    struct str spec; /* JSON, as it was given; of one that is saved: those that are read have theirs loaded */
    bool is_public;  /* for everybody who is logged in */
};

/* Made, or changed when the entity has one of that name. ERR_BAD_INPUT for what is too long and a spec that is not JSON. */
MUST_CHECK enum err_code custom_chart_save(struct db_tx *tx, const struct custom_chart *chart, int64_t now_ms, int64_t *id,
                                           struct err *err);
/* ERR_NOT_FOUND "there is no such chart". */
MUST_CHECK enum err_code custom_chart_find(struct db_tx *tx, int64_t id, struct arena *arena, struct custom_chart **out,
                                           struct err *err);
MUST_CHECK enum err_code custom_chart_find_by_name(struct db_tx *tx, int64_t entity_id, struct str name, struct arena *arena,
                                                   struct custom_chart **out, struct err *err);
MUST_CHECK enum err_code custom_chart_load_spec(struct db_tx *tx, int64_t id, struct arena *arena, struct str *out, struct err *err);
/* Of struct custom_chart, by name. */
MUST_CHECK enum err_code custom_chart_list(struct db_tx *tx, int64_t entity_id, struct arena *arena, struct list *out,
                                           struct err *err);

#endif
