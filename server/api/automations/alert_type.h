/* alert_type.h - whom alerts reach, as GraphQL shows and changes it. */
#ifndef SERVER_API_ALERT_TYPE_H
#define SERVER_API_ALERT_TYPE_H

#include "server/graphql/graphql.h"

extern const struct gql_type alert_setting_type, project_alert_setting_type, run_alert_type, update_alert_setting_payload_type,
    update_project_alert_setting_payload_type;
extern const char alert_sdl[];

enum err_code alert_answer_own_setting(struct gql_call *call, struct err *err);     /* Project.ownAlertSetting */
enum err_code alert_answer_project_setting(struct gql_call *call, struct err *err); /* Project.alertSetting */
enum err_code alert_answer_of_run(struct gql_call *call, struct err *err);          /* Run.alerts */
enum err_code alert_answer_update(struct gql_call *call, struct err *err);
enum err_code alert_answer_update_project(struct gql_call *call, struct err *err);

#endif
