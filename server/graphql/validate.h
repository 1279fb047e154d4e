/* validate.h - whether a document makes sense against a schema, before anything of it is run.
 *
 * The work is bounded by the document's size times small constants; fragments are measured, not expanded,
 * until it is known that they expand to no more than the limits allow.
 */
#ifndef SERVER_GRAPHQL_VALIDATE_H
#define SERVER_GRAPHQL_VALIDATE_H

#include "server/graphql/failures.h"
#include "server/graphql/types.h"

/* Fills in the document's resolved parts. False when it must not be run: failures say why. */
MUST_CHECK bool gql_validate(struct gql_document *document, const struct gql_schema *schema,
                             const struct gql_limits *limits, struct gql_failures *failures);

#endif
