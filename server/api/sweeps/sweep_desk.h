/* sweep_desk.h - what an agent is told when it asks: run this, stop that, or go home.
 *
 * A beat first looks at what the sweep's runs have come to (outside of any transaction that writes), then decides in
 * one transaction, and only when a new suggestion is wanted looks for one, again outside: it is taken if nobody else
 * has taken one meanwhile, so that no two agents get the same.
 *
 * Threads: one request. Memory: the arena of the identity.
 */
#ifndef SERVER_API_SWEEP_DESK_H
#define SERVER_API_SWEEP_DESK_H

#include "server/api/access.h"
#include "server/store/sweeps/sweep_agent.h"
#include "server/sweep/sweep_config.h"

/* run_state: {"run": true} for each run that the agent runs now; may be NULL. *commands gets a JSON list. ERR_NOT_FOUND
 * "agent not found" also when it is not the asker's. */
MUST_CHECK enum err_code sweep_desk_beat(struct identity *identity, int64_t agent_id, const struct json_value *run_state,
                                         struct sweep_agent **agent, struct str *commands, struct err *err);

#endif
