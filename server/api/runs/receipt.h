/* receipt.h - what the server received for a run, what it stored, and what it did not and why.
 *
 * As GraphQL's Run.receipt and as GET /api/runs/{entity}/{project}/{run}/receipt, the same JSON object.
 */
#ifndef SERVER_API_RECEIPT_H
#define SERVER_API_RECEIPT_H

#include "server/graphql/graphql.h"
#include "server/http/http.h"

enum err_code receipt_answer(struct http_call *call, struct err *err);
/* The parent is a struct run. */
enum err_code receipt_answer_field(struct gql_call *call, struct err *err);

#endif
