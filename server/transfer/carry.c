/* carry.c - see carry.h. */
#include "server/transfer/carry.h"

#include "base/hash.h"
#include <pthread.h>

enum { WORKERS = 8 };

struct crew;
typedef enum err_code crew_work(struct crew *crew, const struct place_file *file, struct err *err);

struct crew {
    struct place *source, *target;
    struct compared *compared;
    struct list files; /* the work */
    crew_work *work;
    bool may_go;
    carry_progress *progress;
    void *context;
    struct carried_files *facts;
    struct arena *arena;

    pthread_mutex_t mutex; /* of all below, of facts and arena */
    size_t next, done;
    struct err err;
};

static const struct place_file *take(struct crew *crew) {
    const struct place_file *file = NULL;
    (void)pthread_mutex_lock(&crew->mutex);
    if (crew->err.code == OK && crew->next < crew->files.count)
        file = crew->files.items[crew->next++];
    (void)pthread_mutex_unlock(&crew->mutex);
    return file;
}

static void finish(struct crew *crew, enum err_code code, const struct err *err) {
    (void)pthread_mutex_lock(&crew->mutex);
    if (code != OK && crew->err.code == OK)
        crew->err = *err;
    crew->done++;
    if (crew->progress != NULL)
        crew->progress(crew->context, (int64_t)crew->done, (int64_t)crew->files.count);
    (void)pthread_mutex_unlock(&crew->mutex);
}

static void *work_until_done(void *context) {
    struct crew *crew = context;
    const struct place_file *file;
    while ((file = take(crew)) != NULL) {
        struct err err = { 0 };
        enum err_code code = crew->work(crew, file, &err);
        if (code != OK)
            (void)err_add_context(&err, "%.*s", STR_ARG(file->name));
        finish(crew, code, &err);
    }
    return NULL;
}

static enum err_code run_crew(struct crew *crew, struct err *err) {
    pthread_t threads[WORKERS];
    size_t count = 0;

    (void)pthread_mutex_init(&crew->mutex, NULL);
    while (count < WORKERS && count < crew->files.count && pthread_create(&threads[count], NULL, work_until_done, crew) == 0)
        count++;
    if (count == 0)
        (void)work_until_done(crew);
    for (size_t i = 0; i < count; i++)
        (void)pthread_join(threads[i], NULL);
    (void)pthread_mutex_destroy(&crew->mutex);
    if (crew->err.code != OK)
        *err = crew->err;
    return crew->err.code;
}

/* ---- carrying ---- */

/* What was read on both sides while it was carried need not be read again to be compared. */
static enum err_code compare_carried(struct crew *crew, const struct place_file *file, const unsigned char ours[SHA256_BYTES], struct err *err) {
    unsigned char theirs[SHA256_BYTES];
    enum err_code code = place_hash(crew->target, file->name, theirs, err);
    if (code == ERR_CORRUPT)
        return OK;
    TRY(code);
    return hash_equal(ours, theirs, SHA256_BYTES) && place_is_named_so(file->name, ours) ? compared_add(crew->compared, file, err) : OK;
}

static enum err_code carry_one(struct crew *crew, const struct place_file *file, struct err *err) {
    unsigned char sha256[SHA256_BYTES];
    enum err_code code = place_copy(crew->source, crew->target, file, sha256, err);
    bool is_gone = code == ERR_NOT_FOUND && crew->may_go;
    if (code == OK && crew->compared != NULL)
        code = compare_carried(crew, file, sha256, err);
    if (code != OK && !is_gone)
        return code;
    (void)pthread_mutex_lock(&crew->mutex);
    crew->facts->gone_count += is_gone;
    crew->facts->written_count += !is_gone;
    crew->facts->written_bytes += is_gone ? 0 : file->size_bytes;
    (void)pthread_mutex_unlock(&crew->mutex);
    return OK;
}

/* Both lists are sorted. */
static void find_missing(const struct list *source, const struct list *target, struct list *missing, struct arena *arena) {
    size_t j = 0;
    for (size_t i = 0; i < source->count; i++) {
        const struct place_file *file = source->items[i], *there = NULL;
        while (j < target->count && str_compare((there = target->items[j])->name, file->name) < 0)
            j++;
        there = j < target->count ? target->items[j] : NULL;
        if (there == NULL || !str_eq(there->name, file->name) || there->size_bytes != file->size_bytes)
            list_add(missing, source->items[i], arena);
    }
}

static void count_files(const struct list *files, struct carried_files *facts) {
    facts->file_count = (int64_t)files->count;
    for (size_t i = 0; i < files->count; i++)
        facts->byte_count += ((const struct place_file *)files->items[i])->size_bytes;
}

enum err_code carry_files(struct place *source, struct place *target, struct compared *compared, bool may_go, carry_progress *progress,
                          void *context, struct carried_files *facts, struct arena *arena, struct err *err) {
    struct crew crew = { .source = source, .target = target, .compared = compared, .work = carry_one, .may_go = may_go,
                         .progress = progress, .context = context, .facts = facts, .arena = arena };
    struct list ours, theirs;

    *facts = (struct carried_files){ 0 };
    TRY(place_list(source, arena, &ours, err));
    TRY(place_list(target, arena, &theirs, err));
    count_files(&ours, facts);
    find_missing(&ours, &theirs, &crew.files, arena);
    return run_crew(&crew, err);
}

/* ---- comparing ---- */

static enum err_code compare_one(struct crew *crew, const struct place_file *file, struct err *err) {
    unsigned char ours[SHA256_BYTES], theirs[SHA256_BYTES];
    enum err_code code = place_hash(crew->source, file->name, ours, err);
    if (code == OK)
        code = place_hash(crew->target, file->name, theirs, err);
    if (code == ERR_NOT_FOUND && crew->may_go)
        return OK; /* it went, or came after the files were carried */
    if (code != OK && code != ERR_NOT_FOUND && code != ERR_CORRUPT)
        return code;
    if (code == OK && hash_equal(ours, theirs, SHA256_BYTES) && place_is_named_so(file->name, ours))
        return compared_add(crew->compared, file, err);
    (void)pthread_mutex_lock(&crew->mutex);
    if (crew->facts->wrong_count++ == 0)
        crew->facts->first_wrong = arena_copy(crew->arena, file->name);
    (void)pthread_mutex_unlock(&crew->mutex);
    return OK;
}

/* What was compared before is still looked for: with its size it has to be among those that the target has. Beside a server that runs,
 * what has another size there came since, or was carried while it was being written: the next pass carries it. */
static void leave_known(struct crew *crew, const struct list *ours, const struct list *theirs) {
    struct list missing = { 0 };
    size_t next = 0;

    find_missing(ours, theirs, &missing, crew->arena);
    for (size_t i = 0; i < ours->count; i++) {
        bool is_missing = next < missing.count && missing.items[next] == ours->items[i];
        next += is_missing;
        if (!is_missing && compared_has(crew->compared, ours->items[i]))
            crew->facts->known_count++;
        else if (!is_missing || !crew->may_go)
            list_add(&crew->files, ours->items[i], crew->arena);
    }
}

enum err_code compare_files(struct place *source, struct place *target, struct compared *compared, bool may_go, carry_progress *progress,
                            void *context, struct carried_files *facts, struct arena *arena, struct err *err) {
    struct crew crew = { .source = source, .target = target, .compared = compared, .work = compare_one, .may_go = may_go,
                         .progress = progress, .context = context, .facts = facts, .arena = arena };
    struct list ours, theirs;

    *facts = (struct carried_files){ 0 };
    TRY(place_list(source, arena, &ours, err));
    TRY(place_list(target, arena, &theirs, err));
    count_files(&ours, facts);
    leave_known(&crew, &ours, &theirs);
    return run_crew(&crew, err);
}
