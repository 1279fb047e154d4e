/* webhook_send.h - one signed request to somebody's webhook: only to addresses that may be reached, no redirects, no proxy,
 * bounded time and size, and nothing of the answer but its status.
 *
 * Threads: none of its own. Memory: the arena.
 */
#ifndef SERVER_API_WEBHOOK_SEND_H
#define SERVER_API_WEBHOOK_SEND_H

#include "server/store/accounts/secrets.h"
#include "server/store/automations/delivery.h"

struct sockaddr;

/* Networks, comma separated, that webhooks may reach although they are private: "127.0.0.0/8,10.1.2.3,fd00::/8". */
struct webhook_networks;
MUST_CHECK enum err_code webhook_networks_create(struct webhook_networks **out, struct str text, struct err *err);
void webhook_networks_destroy(struct webhook_networks *networks); /* NULL is fine */
/* Whether the address is everybody's, or in the list. */
bool webhook_may_connect(const struct webhook_networks *networks, const struct sockaddr *address);

/* What the requests of that integration are signed with: 64 hexadecimal digits, derived and never stored. */
struct str webhook_secret(const struct secrets *secrets, int64_t integration_id, struct arena *arena);

void webhook_send(const struct webhook_networks *networks, const struct secrets *secrets, const struct delivery *delivery,
                  struct delivery_outcome *out, struct arena *arena);

#endif
