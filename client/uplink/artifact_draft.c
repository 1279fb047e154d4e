/* artifact_draft.c - see artifact_draft.h. */
#include "client/uplink/artifact_draft.h"

#include <stdlib.h>
#include <string.h>

static char *copy(struct str text) {
    return text.len == 0 ? strdup("") : strndup(text.ptr, text.len);
}

struct artifact_draft *artifact_draft_create(struct str client_id, struct str id, struct str base_id, struct str manifest_id,
                                             size_t entry_count) {
    struct artifact_draft *draft = calloc(1, sizeof *draft);
    if (draft == NULL)
        return NULL;
    draft->client_id = copy(client_id);
    draft->id = copy(id);
    draft->base_id = copy(base_id);
    draft->manifest_id = copy(manifest_id);
    draft->births = calloc(entry_count + 1, sizeof *draft->births);
    draft->entry_count = entry_count;
    if (draft->client_id != NULL && draft->id != NULL && draft->base_id != NULL && draft->manifest_id != NULL && draft->births != NULL)
        return draft;
    artifact_draft_destroy(draft);
    return NULL;
}

void artifact_draft_destroy(struct artifact_draft *draft) {
    if (draft == NULL)
        return;
    for (size_t i = 0; draft->births != NULL && i < draft->entry_count; i++)
        if (draft->births[i] != draft->id)
            free(draft->births[i]);
    free(draft->births);
    free(draft->client_id);
    free(draft->id);
    free(draft->base_id);
    free(draft->manifest_id);
    free(draft);
}

bool artifact_draft_is_of(const struct artifact_draft *draft, struct str client_id, size_t entry_count) {
    return draft != NULL && client_id.len > 0 && str_eq_c(client_id, draft->client_id) && draft->entry_count == entry_count;
}

/* Most bytes are first had by the draft itself, whose id is shared. */
void artifact_draft_note_sent(struct artifact_draft *draft, size_t entry, struct str birth_id) {
    if (draft == NULL || draft->births[entry] != NULL)
        return;
    draft->births[entry] = str_eq_c(birth_id, draft->id) ? draft->id : copy(birth_id);
}

const char *artifact_draft_birth(const struct artifact_draft *draft, size_t entry) {
    return draft == NULL ? NULL : draft->births[entry];
}
