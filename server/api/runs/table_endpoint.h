/* table_endpoint.h - logged tables as columns, in Arrow's stream format; docs/web-api.md. */
#ifndef SERVER_API_TABLE_ENDPOINT_H
#define SERVER_API_TABLE_ENDPOINT_H

#include "server/http/http.h"

enum { TABLE_REQUEST_MAX_BYTES = 64 << 10 };

/* POST /api/tables/columns */
enum err_code table_answer_columns(struct http_call *call, struct err *err);

#endif
