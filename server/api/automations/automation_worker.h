/* automation_worker.h - looks at what happened, puts what automations want of it into the queue, and sends what is due:
 * webhooks and mails. Several servers may do so over one database.
 *
 * Threads: it owns one. Sending may wait for the network; nothing else waits for it.
 */
#ifndef SERVER_API_AUTOMATION_WORKER_H
#define SERVER_API_AUTOMATION_WORKER_H

#include "server/api/app.h"
#include "server/api/automations/alert_smtp.h"
#include "server/api/automations/webhook_send.h"

struct outside {
    struct webhook_networks *networks;
    struct mail_server mail;
    bool has_mail;
};

struct automation_worker;
/* outside: kept by the caller. */
struct automation_worker *automation_worker_start(struct app *app, const struct outside *outside);
void automation_worker_stop(struct automation_worker *worker); /* waits for what it is doing; NULL is fine */

#endif
