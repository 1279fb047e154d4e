/* automation_payload.h - what an automation that fires puts into the queue: its payload with ${words} filled in. */
#ifndef SERVER_API_AUTOMATION_PAYLOAD_H
#define SERVER_API_AUTOMATION_PAYLOAD_H

#include "server/store/automations/automation.h"

/* Inside a transaction that writes. An automation whose action leads nowhere (any more) puts nothing there. */
MUST_CHECK enum err_code automation_queue_artifact(struct db_tx *tx, const struct automation *automation, const struct automation_event *event,
                                                   struct arena *arena, struct err *err);
MUST_CHECK enum err_code automation_queue_run(struct db_tx *tx, const struct automation *automation, int64_t run_id, struct arena *arena,
                                              struct err *err);

#endif
