/* webhook_type.h - GraphQL's integrations: webhooks. The object is a struct integration. Slack is not offered; its type is
 * there because clients name it, and because notifications through a webhook are shown as one.
 */
#ifndef SERVER_API_WEBHOOK_TYPE_H
#define SERVER_API_WEBHOOK_TYPE_H

#include "server/api/connection.h"
#include "server/store/automations/integration.h"

extern const struct gql_type generic_webhook_integration_type, slack_integration_type, integration_connection_type, integration_edge_type,
    create_generic_webhook_integration_payload_type, delete_integration_payload_type;
extern const char webhook_sdl[];

/* An integration is shown through an object of owner: others than the entity's people see its name, and no secret. */
MUST_CHECK enum err_code webhook_lend(struct db_tx *tx, struct gql_call *call, struct integration *integration, struct owner owner,
                                      struct err *err);

enum err_code webhook_answer_list(struct gql_call *call, struct err *err); /* Entity.integrations */
enum err_code webhook_answer_create(struct gql_call *call, struct err *err);
enum err_code webhook_answer_delete(struct gql_call *call, struct err *err);

#endif
