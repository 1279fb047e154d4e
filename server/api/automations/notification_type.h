/* notification_type.h - what a person would like to hear of, as GraphQL shows it: see server/store/automations/notification.h. */
#ifndef SERVER_API_NOTIFICATION_TYPE_H
#define SERVER_API_NOTIFICATION_TYPE_H

#include "server/graphql/graphql.h"

extern const struct gql_type notification_type;

enum err_code notification_answer_of_user(struct gql_call *call, struct err *err); /* User.notifications */

#endif
