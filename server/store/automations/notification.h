/* notification.h - what a person would like to hear of: alerts that runs raised, automations that called somebody. Nothing is
 * kept for it: it is read from the alerts and from the log of deliveries. Memory: results live in the arena.
 */
#ifndef SERVER_STORE_NOTIFICATION_H
#define SERVER_STORE_NOTIFICATION_H

#include "base/list.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

struct notification {
    struct owner owner; /* the project */
    int64_t id, created_at;
    struct str kind;              /* "alert", "automation" */
    struct str title, text;       /* the text is cut after 2,000 characters; an automation's name, and why its call failed */
    struct str level;             /* of an alert: INFO, WARN or ERROR; of an automation: QUEUED, SENT or FAILED */
    struct str entity_name, project_name;
    struct str run_name, run_display_name; /* ptr NULL: of no run */
};

/* Of struct notification, newest first: of the user's own runs, and of all projects of the entities that the user belongs to. The
 * asker still checks the right to read each. Only the newest alerts and deliveries of the server are looked through. */
MUST_CHECK enum err_code notification_list(struct db_tx *tx, int64_t user_id, size_t limit, struct arena *arena, struct list *out,
                                           struct err *err);

#endif
