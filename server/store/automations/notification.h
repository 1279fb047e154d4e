/* notification.h - what a person would like to hear of: alerts that runs raised, automations that called somebody, comments on
 * reports. Nothing is kept for it: it is read from the alerts, the log of deliveries and the comments. Memory: results live in the arena.
 */
#ifndef SERVER_STORE_NOTIFICATION_H
#define SERVER_STORE_NOTIFICATION_H

#include "base/list.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

struct notification {
    struct owner owner; /* the project */
    int64_t id, created_at;
    struct str kind;              /* "alert", "automation", "comment" */
    struct str title, text;       /* the text is cut after 2,000 characters; an automation's name, and why its call failed; a report's, and the comment */
    struct str level;             /* of an alert: INFO, WARN or ERROR; of an automation: QUEUED, SENT or FAILED; of a comment: MENTION or REPLY */
    struct str entity_name, project_name;
    struct str run_name, run_display_name; /* ptr NULL: of no run */
    int64_t view_id;                       /* of a comment: the report; otherwise 0 */
    struct str username;                   /* of a comment: who wrote it; otherwise ptr NULL */
};

/* Of struct notification, newest first: of the user's own runs, and of all projects of the entities that the user belongs to, and
 * comments that name them or stand where they wrote. The asker still checks the right to read each. Only the newest alerts and
 * deliveries of the server are looked through. */
MUST_CHECK enum err_code notification_list(struct db_tx *tx, int64_t user_id, size_t limit, struct arena *arena, struct list *out,
                                           struct err *err);

#endif
