/* graphql_endpoint.c - see graphql_endpoint.h. */
#include "server/api/graphql_endpoint.h"

#include "server/api/access.h"

/* An absent, null or empty member is none. */
static enum err_code read_request(struct gql_request *request, const struct json_value *document, struct err *err) {
    const struct json_value *variables = json_get(document, STR("variables"));
    if (document->type != JSON_TYPE_OBJECT)
        return err_set(err, ERR_BAD_INPUT, "a GraphQL request is a JSON object with the member 'query'");
    request->query = json_get_str(document, STR("query"));
    if (request->query.ptr == NULL)
        return err_set(err, ERR_BAD_INPUT, "the request has no 'query'");
    request->operation_name = json_get_str(document, STR("operationName"));
    if (request->operation_name.ptr == NULL)
        request->operation_name = STR_EMPTY;
    if (variables != NULL && variables->type != JSON_TYPE_NULL && variables->type != JSON_TYPE_OBJECT)
        return err_set(err, ERR_BAD_INPUT, "'variables' must be an object or null");
    request->variables = variables != NULL && variables->type == JSON_TYPE_OBJECT ? variables : NULL;
    return OK;
}

static struct str writer_of(const struct http_call *call) {
    struct str is_shared = http_header(call, STR("x-wandb-use-async-filestream"));
    return str_eq_ignore_case(is_shared, STR("true")) ? http_header(call, STR("x-wandb-client-id")) : STR_EMPTY;
}

enum err_code graphql_endpoint_answer(struct http_call *call, struct err *err) {
    struct app *app = call->app;
    struct gql_request request = { .app = call->identity };
    struct json_value *document;

    enum err_code code = json_parse(&document, call->body, JSON_STRICT, call->arena, err);
    if (code != OK)
        return err_add_context(err, "the request is not JSON");
    TRY(read_request(&request, document, err));
    http_identity(call)->writer = writer_of(call);
    int status = gql_execute(app->schema, &request, &gql_default_limits, call->arena, http_body(call));
    if (status == 200 && http_identity(call)->status_for_client != 0)
        status = http_identity(call)->status_for_client;
    http_set_status(call, status);
    if (status == 503)
        http_add_header(call, STR("Retry-After"), STR("5"));
    return OK;
}
