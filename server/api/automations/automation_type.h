/* automation_type.h - automations as GraphQL shows them (Trigger), the integrations they call and what was delivered. The
 * objects are a struct automation, a struct integration and a struct delivery.
 */
#ifndef SERVER_API_AUTOMATION_TYPE_H
#define SERVER_API_AUTOMATION_TYPE_H

#include "server/api/connection.h"
#include "server/store/automations/automation.h"
#include "server/store/automations/integration.h"

extern const struct gql_type trigger_type, trigger_connection_type, trigger_edge_type, filter_event_triggering_condition_type,
    generic_webhook_triggered_action_type, notification_triggered_action_type, no_op_triggered_action_type,
    queue_job_triggered_action_type, aria_triggered_action_type, trigger_queue_type;
extern const struct gql_type delivery_type, delivery_connection_type, delivery_edge_type;
extern const struct gql_type create_filter_trigger_payload_type, update_filter_trigger_payload_type, delete_trigger_payload_type;
/* Inputs, enums and unions of these. */
extern const char automation_sdl[];

#define DELIVERY_LIST_ARGS "after: String, first: Int = 50"

enum err_code automation_answer_of_entity(struct gql_call *call, struct err *err);       /* Entity.triggers */
enum err_code automation_answer_of_organization(struct gql_call *call, struct err *err); /* Organization.triggers */
enum err_code automation_answer_of_project(struct gql_call *call, struct err *err);      /* Project.triggers */
enum err_code automation_answer_deliveries(struct gql_call *call, struct err *err);      /* Project.deliveries */
enum err_code automation_answer_create(struct gql_call *call, struct err *err);
enum err_code automation_answer_update(struct gql_call *call, struct err *err);
enum err_code automation_answer_delete(struct gql_call *call, struct err *err);

/* Words that the answer's status is to say too, for clients that look at nothing else. */
enum err_code automation_fail(struct gql_call *call, enum err_code code);

/* ---- what events and conditions are, for those who make and those who watch ---- */

enum automation_kind { ON_ARTIFACT, ON_RUN_METRIC, ON_RUN_STATE };
/* NULL when there is no such event; LINK_MODEL and others as the clients name them. */
struct automation_event_type {
    const char *name;
    enum automation_kind kind;
};
const struct automation_event_type *automation_event_type_find(struct str name);

/* A condition on a metric's newest values: of the last `window` ones, or the change from the `prior` ones before. */
struct metric_condition {
    enum metric_condition_kind { METRIC_THRESHOLD, METRIC_CHANGE, METRIC_ZSCORE } kind;
    struct str name;
    enum metric_aggregate { METRIC_AVERAGE, METRIC_MIN, METRIC_MAX, METRIC_LAST } aggregate;
    int64_t window, prior;
    struct str comparison; /* "$gt", "$gte", "$lt", "$lte" */
    double threshold;
    bool is_relative;
    int direction; /* 1: up, -1: down, 0: either */
};
enum { METRIC_WINDOW_MAX = 1000 };

struct event_filter {
    struct str filter; /* of artifacts, or of runs: the language of lists; JSON */
    struct metric_condition metric;
    bool on_running, on_finished, on_failed; /* coarse states */
};
/* ERR_BAD_INPUT saying what in the filter cannot be understood. */
MUST_CHECK enum err_code event_filter_parse(struct event_filter *out, const struct automation_event_type *type, struct str json,
                                            struct arena *arena, struct err *err);
/* Whether the condition holds for the newest values, oldest first. False when there are too few. */
bool metric_condition_holds(const struct metric_condition *condition, const double *values, size_t count);

#endif
