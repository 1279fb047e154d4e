/* uplink_artifact.c - an artifact on its way, from its record in the log to its commit; see artifact_job.h. */
#include "client/uplink/artifact_job.h"

#include "base/protobuf.h"
#include "client/uplink/answer.h"

static const char create_document[] =
    "mutation CreateArtifact($input: CreateArtifactInput!) { createArtifact(input: $input) "
    "{ artifact { id state artifactSequence { latestArtifact { id } } } } }";

static const char commit_document[] = "mutation CommitArtifact($artifactID: ID!) { commitArtifact(input: "
                                      "{artifactID: $artifactID}) { artifact { id digest } } }";

static const char use_document[] = "mutation UseArtifact($input: UseArtifactInput!) { useArtifact(input: $input) { artifact { id } } }";

/* ---- the job ---- */

void artifact_job_init(struct artifact_job *job, struct uplink *uplink, struct upload_counters *counters) {
    *job = (struct artifact_job){ .uplink = uplink, .counters = counters };
    struct buf *const facts[] = { &job->id, &job->base_id, &job->manifest_id };
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        buf_init(facts[i], UPLINK_FACT_MAX_BYTES);
    buf_init(&job->manifest, UPLINK_BODY_MAX_BYTES);
    buf_init(&job->upload_url, 4 * UPLINK_FACT_MAX_BYTES);
    buf_init(&job->upload_headers, 8 * UPLINK_FACT_MAX_BYTES);
}

void artifact_job_finish(struct artifact_job *job) {
    struct buf *const bufs[] = { &job->id, &job->base_id, &job->manifest_id, &job->manifest, &job->upload_url, &job->upload_headers };
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_finish(bufs[i]);
    for (size_t i = 0; i < job->owned_count; i++)
        free(job->owned[i]);
    free(job->owned);
    artifact_record_finish(&job->record);
}

struct str artifact_job_keep(struct artifact_job *job, struct str text) {
    char **owned = realloc(job->owned, (job->owned_count + 1) * sizeof *owned);
    if (owned != NULL)
        job->owned = owned;
    char *copy = owned == NULL ? NULL : strndup(text.ptr, text.len);
    if (copy == NULL)
        return STR_EMPTY;
    owned[job->owned_count++] = copy;
    return (struct str){ copy, text.len };
}

enum uplink_result artifact_job_refuse(struct artifact_job *job, const char *why) {
    uplink_refuse(job->uplink, why);
    return UPLINK_REFUSED;
}

struct str artifact_job_entity(const struct artifact_job *job) {
    return job->record.entity.len > 0 && job->uplink->wanted_entity.len == 0 ? job->record.entity : buf_str(&job->uplink->entity);
}

struct str artifact_job_project(const struct artifact_job *job) {
    return job->record.project.len > 0 && job->uplink->wanted_project.len == 0 ? job->record.project
                                                                                : buf_str(&job->uplink->project);
}

void artifact_job_adopt(struct buf *to, struct str raw) {
    buf_reset(to);
    (void)answer_text(raw, to);
}

/* ---- announced ---- */

static void put_list(struct json_writer *writer, const char *key, const char *name_key, const struct artifact_job *job,
                     const struct str *names, size_t count, bool are_aliases) {
    json_key(writer, str_from_c(key));
    json_array_begin(writer);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(writer);
        json_key(writer, str_from_c(name_key));
        json_string(writer, names[i]);
        if (are_aliases) {
            json_key(writer, STR("artifactCollectionName"));
            json_string(writer, job->record.name);
        }
        json_object_end(writer);
    }
    json_array_end(writer);
}

static void put_input(struct artifact_job *job, struct json_writer *writer) {
    const struct artifact_record *record = &job->record;
    uplink_put_variable(writer, "entityName", artifact_job_entity(job));
    uplink_put_variable(writer, "projectName", artifact_job_project(job));
    if (!record->is_user_created) /* what a run uses it has not made */
        uplink_put_variable(writer, "runName", buf_str(&job->uplink->run_id));
    uplink_put_variable(writer, "artifactTypeName", record->type);
    uplink_put_variable(writer, "artifactCollectionName", record->name);
    uplink_put_variable(writer, "description", record->description);
    uplink_put_variable(writer, "digest", record->digest);
    uplink_put_variable(writer, "digestAlgorithm", STR("MANIFEST_MD5"));
    uplink_put_variable(writer, "metadata", record->metadata);
    uplink_put_variable(writer, "distributedID", record->distributed_id);
    uplink_put_variable(writer, "clientID", record->client_id);
    uplink_put_variable(writer, "sequenceClientID", record->sequence_client_id);
    put_list(writer, "aliases", "alias", job, record->aliases, record->alias_count, true);
    if (record->tag_count > 0)
        put_list(writer, "tags", "tagName", job, record->tags, record->tag_count, false);
    if (record->ttl_s != 0) {
        json_key(writer, STR("ttlDurationSeconds"));
        json_int(writer, record->ttl_s);
    }
    json_key(writer, STR("enableDigestDeduplication"));
    json_bool(writer, true);
}

static enum uplink_result announce(struct artifact_job *job) {
    struct http_response response = { 0 };
    struct json_writer writer;
    struct str data, artifact, raw;
    uplink_begin_graphql(job->uplink, &writer, "CreateArtifact", create_document);
    json_key(&writer, STR("input"));
    json_object_begin(&writer);
    put_input(job, &writer);
    json_object_end(&writer);
    uplink_end_graphql(&writer);
    enum uplink_result result = uplink_post_graphql(job->uplink, &response, &data);
    if (result == UPLINK_SENT && (!answer_find(data, &artifact, "createArtifact", "artifact", NULL) ||
                                  !answer_find(artifact, &raw, "id", NULL)))
        result = artifact_job_refuse(job, "the server did not make the artifact");
    if (result == UPLINK_SENT) {
        artifact_job_adopt(&job->id, raw);
        job->is_there = answer_find(artifact, &raw, "state", NULL) && str_eq_c(raw, "\"COMMITTED\"");
        buf_reset(&job->base_id);
        if (job->record.base_id.len > 0)
            buf_append_str(&job->base_id, job->record.base_id);
        else if (answer_find(artifact, &raw, "artifactSequence", "latestArtifact", "id", NULL))
            artifact_job_adopt(&job->base_id, raw);
    }
    http_response_finish(&response);
    return result;
}

/* ---- all of it ---- */

static enum uplink_result commit(struct artifact_job *job) {
    struct http_response response = { 0 };
    struct json_writer writer;
    struct str data;
    uplink_begin_graphql(job->uplink, &writer, "CommitArtifact", commit_document);
    uplink_put_variable(&writer, "artifactID", buf_str(&job->id));
    uplink_end_graphql(&writer);
    enum uplink_result result = uplink_post_graphql(job->uplink, &response, &data);
    http_response_finish(&response);
    return result;
}

static enum uplink_result use(struct uplink *uplink, struct str id) {
    struct http_response response = { 0 };
    struct json_writer writer;
    struct str data;
    uplink_begin_graphql(uplink, &writer, "UseArtifact", use_document);
    json_key(&writer, STR("input"));
    json_object_begin(&writer);
    uplink_put_variable(&writer, "entityName", buf_str(&uplink->entity));
    uplink_put_variable(&writer, "projectName", buf_str(&uplink->project));
    uplink_put_variable(&writer, "runName", buf_str(&uplink->run_id));
    uplink_put_variable(&writer, "artifactID", id);
    json_object_end(&writer);
    uplink_end_graphql(&writer);
    enum uplink_result result = uplink_post_graphql(uplink, &response, &data);
    http_response_finish(&response);
    return result;
}

/* A draft, and a place for its manifest: those of the attempt before, when there was one. */
static enum uplink_result begin(struct artifact_job *job) {
    struct artifact_draft **draft = &job->uplink->draft;
    if (artifact_draft_is_of(*draft, job->record.client_id, job->record.entry_count)) {
        buf_append_str(&job->id, str_from_c((*draft)->id));
        buf_append_str(&job->base_id, str_from_c((*draft)->base_id));
        buf_append_str(&job->manifest_id, str_from_c((*draft)->manifest_id));
        job->is_resumed = true;
        return UPLINK_SENT;
    }
    enum uplink_result result = announce(job);
    if (result != UPLINK_SENT || job->is_there)
        return result;
    result = artifact_place_manifest(job, STR_EMPTY);
    if (result != UPLINK_SENT)
        return result;
    artifact_draft_destroy(*draft);
    *draft = artifact_draft_create(job->record.client_id, buf_str(&job->id), buf_str(&job->base_id), buf_str(&job->manifest_id),
                                   job->record.entry_count);
    return UPLINK_SENT;
}

static enum uplink_result send_steps(struct artifact_job *job) {
    enum uplink_result result = begin(job);
    if (result != UPLINK_SENT)
        return result;
    if (!job->is_there) {
        if ((result = artifact_send_files(job)) != UPLINK_SENT || (result = artifact_map_references(job)) != UPLINK_SENT ||
            (result = artifact_send_manifest(job)) != UPLINK_SENT)
            return result;
        if (job->record.is_finalized && (result = commit(job)) != UPLINK_SENT)
            return result;
    }
    return job->record.is_used_after ? use(job->uplink, buf_str(&job->id)) : UPLINK_SENT;
}

static void write_answer(const struct artifact_job *job, enum uplink_result result, struct buf *answer) {
    struct json_writer writer;
    buf_reset(answer);
    json_writer_init(&writer, answer, JSON_STRICT);
    json_object_begin(&writer);
    if (result == UPLINK_SENT) {
        uplink_put_variable(&writer, "id", buf_str(&job->id));
        uplink_put_variable(&writer, "state", job->is_there || job->record.is_finalized ? STR("COMMITTED") : STR("PENDING"));
        json_key(&writer, STR("is_new"));
        json_bool(&writer, !job->is_there);
    } else {
        uplink_put_variable(&writer, "error", str_from_c(job->uplink->problem));
    }
    json_object_end(&writer);
}

enum uplink_result uplink_send_artifact(struct uplink *uplink, struct str body, struct upload_counters *counters,
                                        struct buf *answer) {
    struct artifact_job job;
    struct err err = { 0 };
    enum uplink_result result;
    if (uplink->uploads == NULL)
        uplink->uploads = uploads_create(buf_str(&uplink->base_url));
    if (uplink->uploads == NULL)
        return UPLINK_LATER;
    artifact_job_init(&job, uplink, counters);
    if (artifact_record_parse(&job.record, body, &err) != OK)
        result = artifact_job_refuse(&job, err.message);
    else
        result = send_steps(&job);
    if (result != UPLINK_LATER) {
        artifact_draft_destroy(uplink->draft);
        uplink->draft = NULL;
    }
    /* It may be the draft that is gone: the next attempt has one of its own. */
    if (result == UPLINK_REFUSED && job.is_resumed)
        result = UPLINK_LATER;
    if (result != UPLINK_LATER)
        write_answer(&job, result, answer);
    artifact_job_finish(&job);
    return result;
}

enum uplink_result uplink_use_artifact(struct uplink *uplink, struct str body) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    struct str id = STR_EMPTY;
    protobuf_reader_init(&reader, body);
    while (protobuf_next(&reader, &field))
        if (field.number == 1)
            id = protobuf_bytes(&field);
    if (id.len > 0)
        return use(uplink, id);
    uplink_refuse(uplink, "an artifact that is used has no id");
    return UPLINK_REFUSED;
}
