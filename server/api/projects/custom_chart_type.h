/* custom_chart_type.h - GraphQL's CustomChart. The object is a struct custom_chart. */
#ifndef SERVER_API_CUSTOM_CHART_TYPE_H
#define SERVER_API_CUSTOM_CHART_TYPE_H

#include "server/graphql/graphql.h"

extern const struct gql_type custom_chart_type, create_custom_chart_payload_type;
extern const char custom_chart_sdl[];

enum err_code custom_chart_answer_one(struct gql_call *call, struct err *err);    /* Query.customChart: id: ID! */
enum err_code custom_chart_answer_list(struct gql_call *call, struct err *err);   /* Entity.customCharts */
enum err_code custom_chart_answer_create(struct gql_call *call, struct err *err); /* Mutation.createCustomChart */

#endif
