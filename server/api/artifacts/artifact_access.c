/* artifact_access.c - see artifact_access.h. */
#include "server/api/artifacts/artifact_access.h"

/* *out is NULL when no link of it may be read. */
static enum err_code find_readable_link(struct db_tx *tx, struct identity *identity, const struct artifact *artifact, struct membership **out,
                                        struct err *err) {
    struct list memberships;
    *out = NULL;
    TRY(membership_list_of_artifact(tx, artifact->id, identity->arena, &memberships, err));
    for (size_t i = 0; *out == NULL && i < memberships.count; i++) {
        struct membership *membership = memberships.items[i];
        enum err_code code = access_check_in(tx, identity, &membership->owner, CAN_READ, err);
        if (code == OK)
            *out = membership;
        else if (code != ERR_NOT_FOUND)
            return code;
    }
    return OK;
}

enum err_code artifact_access_check(struct db_tx *tx, struct identity *identity, struct artifact *artifact, enum who who, struct err *err) {
    struct membership *link;
    enum err_code code = access_check_in(tx, identity, &artifact->owner, who, err);
    if (code != ERR_NOT_FOUND)
        return code;
    TRY(find_readable_link(tx, identity, artifact, &link, err));
    if (link == NULL)
        return err_set(err, ERR_NOT_FOUND, "there is no such artifact");
    if (who != CAN_READ)
        return err_set(err, ERR_FORBIDDEN, "the artifact is linked here: only members of the project that it comes from may change it");
    artifact->owner = link->owner;
    artifact->version_index = link->version_index;
    artifact->stands_for_link = true;
    return OK;
}

static bool is_same_owner(const struct owner *a, const struct owner *b) {
    return a->entity_id == b->entity_id && a->project_id == b->project_id;
}

enum err_code artifact_access_place(struct db_tx *tx, struct identity *identity, struct artifact *artifact, const struct membership *membership,
                                    struct err *err) {
    enum err_code code = is_same_owner(&artifact->owner, &membership->owner) ? OK : access_check_in(tx, identity, &artifact->owner, CAN_READ, err);
    if (code != OK && code != ERR_NOT_FOUND)
        return code;
    artifact->owner = membership->owner;
    if (code == ERR_NOT_FOUND)
        artifact->version_index = membership->version_index;
    return OK;
}

static enum err_code find_link_in(struct db_tx *tx, const struct artifact *artifact, const struct owner *place, struct arena *arena,
                                  struct membership **out, struct err *err) {
    struct list memberships;
    TRY(membership_list_of_artifact(tx, artifact->id, arena, &memberships, err));
    for (size_t i = 0; i < memberships.count; i++) {
        *out = memberships.items[i];
        if (is_same_owner(&(*out)->owner, place))
            return OK;
    }
    return err_set(err, ERR_NOT_FOUND, "there is no such artifact");
}

enum err_code artifact_access_check_place(struct db_tx *tx, const struct artifact *artifact, const struct owner *place, struct arena *arena,
                                          struct err *err) {
    struct membership *link;
    enum err_code code = artifact->stands_for_link ? find_link_in(tx, artifact, place, arena, &link, err) : OK;
    if (code == ERR_NOT_FOUND)
        return err_set(err, ERR_FORBIDDEN, "the artifact is linked here: only who may see the project that it comes from links it elsewhere");
    return code;
}

enum err_code artifact_access_find_sequence(struct db_tx *tx, struct identity *identity, const struct artifact *artifact,
                                            struct collection **out, struct err *err) {
    struct collection *portfolio;
    struct membership *link;
    TRY(collection_get(tx, artifact->collection_id, identity->arena, out, err));
    enum err_code code = is_same_owner(&(*out)->owner, &artifact->owner) ? OK : access_check_in(tx, identity, &(*out)->owner, CAN_READ, err);
    if (code != ERR_NOT_FOUND)
        return code;
    TRY(find_link_in(tx, artifact, &artifact->owner, identity->arena, &link, err)); /* where it is read */
    TRY(collection_get(tx, link->collection_id, identity->arena, &portfolio, err));
    if (artifact->stands_for_link) {
        *out = portfolio;
        return OK;
    }
    **out = (struct collection){ .owner = artifact->owner, .id = ARTIFACT_HIDDEN_SEQUENCE, .type_id = portfolio->type_id,
                                 .created_at = link->created_at, .name = portfolio->name, .type_name = portfolio->type_name };
    return OK;
}
