/* artifact_input.h - what the mutations of artifacts have in common: what they are given, and what they answer.
 *
 * For artifact_drafts.c, which makes versions, and artifact_mutations.c, which changes and links them; nobody else includes it.
 */
#ifndef SERVER_API_ARTIFACT_INPUT_H
#define SERVER_API_ARTIFACT_INPUT_H

#include "server/api/artifacts/artifact_type.h"
#include "server/api/resolver.h"

enum {
    ARTIFACT_NAME_MAX = 128,
    ARTIFACT_TEXT_MAX = 1 << 20,
    ARTIFACT_METADATA_MAX = 16 << 20,
    ARTIFACT_ID_MAX = 256,
    ARTIFACT_DIGEST_MAX = 128,
    ARTIFACT_ALIASES_MAX = 1000,
    ARTIFACT_TAGS_MAX = 1000,
};

struct payload {
    struct owner owner;
    struct artifact *artifact;
    struct membership *membership;
    struct manifest_node manifest;
    struct connection *files;
};

/* Behind MUTATION_ANSWERS: a body in the writer's transaction, and the resolver that runs it. */
#define MUTATION(name)                                                                                                   \
    static change name##_in;                                                                                             \
    enum err_code artifact_answer_##name(struct gql_call *call, struct err *err) {                                       \
        return answer(call, name##_in, err);                                                                             \
    }                                                                                                                    \
    static enum err_code name##_in(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err)

/* The artifact itself is authorised, whatever stands beside its id. ERR_NOT_FOUND as artifact_input_none says it. */
MUST_CHECK enum err_code artifact_input_find(struct db_tx *tx, struct gql_call *call, struct str global_id, enum who who,
                                             struct artifact **out, struct err *err);
MUST_CHECK enum err_code artifact_input_none(struct err *err);

MUST_CHECK enum err_code artifact_input_check_name(struct str name, const char *what, struct err *err);
/* Of a member of the input. */
MUST_CHECK enum err_code artifact_input_check_list(const struct gql_call *call, const char *name, size_t most, struct err *err);
int64_t artifact_input_int(const struct gql_call *call, const char *name, int64_t otherwise);
/* The list of that name. */
MUST_CHECK enum err_code artifact_input_apply_tags(struct db_tx *tx, struct gql_call *call, const char *input, int64_t artifact_id,
                                                   bool is_added, struct err *err);

#endif
