/* graphql_endpoint.c - see graphql_endpoint.h. */
#include "server/api/graphql_endpoint.h"

#include "server/api/access.h"
#include "server/api/artifacts/joiner.h"

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

struct question {
    struct http_call *call;
    struct gql_request request;
};

static void execute(struct question *question) {
    struct http_call *call = question->call;
    struct identity *identity = http_identity(call);
    identity->awaits = NULL;
    identity->status_for_client = 0;
    buf_reset(http_body(call));
    int status = gql_execute(((struct app *)call->app)->schema, &question->request, &gql_default_limits, call->arena, http_body(call));
    if (status == 200 && identity->status_for_client != 0)
        status = identity->status_for_client;
    http_set_status(call, status);
    if (status == 503 && identity->awaits == NULL)
        http_add_header(call, STR("Retry-After"), STR("5"));
}

/* The whole document once more, as the client itself would do when it is told to come again. */
static void ask_again(void *context);

static void wait_or_complete(struct question *question) {
    struct http_call *call = question->call;
    struct app *app = call->app;
    while (http_identity(call)->awaits != NULL) {
        struct joiner_waiter *waiter = http_identity(call)->awaits;
        waiter->resume = ask_again;
        waiter->context = question;
        if (joiner_wait(app->joiner, waiter))
            return; /* it may be asked again already, by another thread */
        execute(question);
    }
    http_complete(call, OK, NULL);
}

static void ask_again(void *context) {
    execute(context);
    wait_or_complete(context);
}

enum err_code graphql_endpoint_answer(struct http_call *call, struct err *err) {
    struct question *question = ARENA_NEW(call->arena, struct question);
    struct json_value *document;

    *question = (struct question){ .call = call, .request.app = call->identity };

    enum err_code code = json_parse(&document, call->body, JSON_STRICT, call->arena, err);
    if (code != OK)
        return err_add_context(err, "the request is not JSON");
    TRY(read_request(&question->request, document, err));
    http_identity(call)->writer = writer_of(call);
    execute(question);
    if (http_identity(call)->awaits != NULL) {
        http_defer(call);
        wait_or_complete(question);
    }
    return OK;
}
