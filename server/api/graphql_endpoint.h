/* graphql_endpoint.h - POST /graphql: reads the request, runs it, answers. */
#ifndef SERVER_API_GRAPHQL_ENDPOINT_H
#define SERVER_API_GRAPHQL_ENDPOINT_H

#include "server/http/http.h"

/* A config may be 10 MB and `wandb verify` sends one such variable. */
enum { GRAPHQL_MAX_BYTES = 64 << 20 };

enum err_code graphql_endpoint_answer(struct http_call *call, struct err *err);

#endif
