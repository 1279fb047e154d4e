/* test_artifact_file.c - which bytes a draft, a version and a project are found to hold. */
#include "server/store/artifacts/artifact_file.h"
#include "server/store/artifacts/artifact.h"
#include "tests/unit/server/store/run_fixture.h"

/* Digests that are told apart by their first byte. */
struct digests {
    unsigned char md5[MD5_BYTES], sha256[SHA256_BYTES];
};

static struct digests digests_of(unsigned char number) {
    struct digests digests = { { number }, { number } };
    return digests;
}

static enum err_code make_artifact(struct db_tx *tx, struct fixture *f, struct str name, struct artifact **out, struct err *err) {
    struct artifact wanted = { .digest = name, .ttl_seconds = -1 };
    struct collection *collection;
    struct artifact_type *type;
    TRY(artifact_type_ensure(tx, 1, STR("dataset"), 1000, f->arena, &type, err));
    TRY(collection_ensure(tx, 1, type->id, name, false, STR_EMPTY, 1000, f->arena, &collection, err));
    return artifact_create(tx, collection, &wanted, 1000, f->arena, out, err);
}

static enum err_code make(struct db_tx *tx, struct fixture *f, struct artifact **out, struct err *err) {
    TRY(add_people(tx, f, NULL, err));
    return make_artifact(tx, f, STR("a"), out, err);
}

static enum err_code upload(struct db_tx *tx, const struct artifact *artifact, struct str path, unsigned char number, struct err *err) {
    struct digests digests = digests_of(number);
    return artifact_upload_store(tx, artifact->id, path, digests.md5, digests.sha256, number * 100, 1000, err);
}

WORK_TEST(artifact_upload__is_found_by_its_path_and_listed_by_its_bytes) {
    struct fixture *f = context;
    struct digests one = digests_of(1), two = digests_of(2), none = digests_of(9);
    struct artifact_blob blob;
    struct artifact *artifact;
    struct list all;
    TRY(make(tx, f, &artifact, err));
    TRY(upload(tx, artifact, STR("x"), 2, err));
    TRY(upload(tx, artifact, STR("y"), 2, err));
    TRY(upload(tx, artifact, STR("x"), 1, err)); /* instead */
    TRY(artifact_upload_find(tx, artifact->id, STR("x"), one.md5, &blob, err));
    EXPECT(blob.sha256[0] == 1 && blob.size_bytes == 100 && blob.birth_artifact_id == artifact->id);
    EXPECT_ERROR(artifact_upload_find(tx, artifact->id, STR("elsewhere"), two.md5, &blob, err), ERR_NOT_FOUND,
                 "these bytes were not uploaded");
    TRY(artifact_upload_list(tx, artifact->id, f->arena, &all, err));
    EXPECT(all.count == 2);
    const struct artifact_upload *first = all.items[0], *second = all.items[1];
    EXPECT(memcmp(first->md5, second->md5, MD5_BYTES) < 0);
    const struct artifact_upload *of_y = memcmp(first->md5, two.md5, MD5_BYTES) == 0 ? first : second;
    EXPECT(memcmp(of_y->md5, two.md5, MD5_BYTES) == 0 && of_y->blob.sha256[0] == 2 && of_y->blob.size_bytes == 200);
    EXPECT(of_y->blob.birth_artifact_id == artifact->id);
    EXPECT_ERROR(artifact_upload_find(tx, artifact->id, STR("x"), none.md5, &blob, err), ERR_NOT_FOUND, "these bytes were not uploaded");
    EXPECT_ERROR(artifact_upload_find(tx, artifact->id + 1, STR("x"), one.md5, &blob, err), ERR_NOT_FOUND, "these bytes were not uploaded");
    return OK;
}

/* Two files may have one md5 and other bytes: the path says whose. */
WORK_TEST(artifact_upload__of_a_colliding_md5_is_told_apart_by_its_path) {
    struct fixture *f = context;
    struct digests one = digests_of(1), two = digests_of(2);
    unsigned char md5[MD5_BYTES];
    struct artifact_blob blob;
    struct artifact *artifact;
    TRY(make(tx, f, &artifact, err));
    TRY(artifact_upload_store(tx, artifact->id, STR("x"), one.md5, one.sha256, 1, 1000, err));
    TRY(artifact_upload_store(tx, artifact->id, STR("y"), one.md5, two.sha256, 1, 1000, err));
    TRY(artifact_upload_find(tx, artifact->id, STR("y"), one.md5, &blob, err));
    EXPECT(blob.sha256[0] == 2);
    TRY(artifact_upload_get(tx, artifact->id, STR("x"), md5, &blob, err));
    EXPECT(blob.sha256[0] == 1 && memcmp(md5, one.md5, MD5_BYTES) == 0);
    EXPECT_ERROR(artifact_upload_get(tx, artifact->id, STR("z"), md5, &blob, err), ERR_NOT_FOUND, "nothing was uploaded as 'z'");
    return OK;
}

WORK_TEST(artifact_upload__that_was_not_needed_remembers_whose_bytes_they_are) {
    struct fixture *f = context;
    struct artifact_blob held = { .sha256 = { 3 }, .size_bytes = 7, .birth_artifact_id = 42 }, blob;
    struct digests digests = digests_of(3);
    struct artifact *artifact;
    TRY(make(tx, f, &artifact, err));
    TRY(artifact_upload_pin(tx, artifact->id, STR("x"), digests.md5, &held, err));
    TRY(artifact_upload_find(tx, artifact->id, STR("x"), digests.md5, &blob, err));
    EXPECT(blob.birth_artifact_id == 42 && blob.size_bytes == 7);
    TRY(upload(tx, artifact, STR("x"), 3, err)); /* sent after all */
    TRY(artifact_upload_find(tx, artifact->id, STR("x"), digests.md5, &blob, err));
    EXPECT(blob.birth_artifact_id == artifact->id);
    TRY(artifact_drop_draft(tx, artifact->id, err));
    EXPECT_ERROR(artifact_upload_find(tx, artifact->id, STR("x"), digests.md5, &blob, err), ERR_NOT_FOUND, "these bytes were not uploaded");
    return OK;
}

WORK_TEST(project_blob__is_the_first_that_was_linked_and_of_one_project) {
    struct fixture *f = context;
    struct artifact_blob first = { .sha256 = { 1 }, .size_bytes = 5, .birth_artifact_id = 1 }, second = { .sha256 = { 2 } }, blob;
    struct digests digests = digests_of(1);
    struct artifact *artifact;
    struct list owners;
    TRY(make(tx, f, &artifact, err));
    TRY(project_blob_link(tx, 1, digests.md5, &first, err));
    TRY(project_blob_link(tx, 1, digests.md5, &second, err));
    TRY(project_blob_find(tx, 1, digests.md5, &blob, err));
    EXPECT(blob.sha256[0] == 1 && blob.size_bytes == 5);
    EXPECT_ERROR(project_blob_find(tx, 2, digests.md5, &blob, err), ERR_NOT_FOUND, "these bytes were not uploaded");
    TRY(project_blob_list_projects(tx, 1, digests.md5, f->arena, &owners, err));
    EXPECT(owners.count == 1 && ((const struct owner *)owners.items[0])->project_id == 1);
    TRY(project_blob_list_projects(tx, 2, digests.md5, f->arena, &owners, err));
    EXPECT(owners.count == 0);
    return OK;
}

static enum err_code add_file(struct db_tx *tx, const struct artifact *artifact, struct str path, struct str digest, unsigned char number,
                              struct err *err) {
    struct artifact_file file = { .artifact_id = artifact->id, .path = path, .digest = digest, .size_bytes = 1, .has_blob = number != 0 };
    file.sha256[0] = number;
    if (number == 0)
        file.ref = STR("s3://far/a");
    return artifact_file_add(tx, &file, err);
}

WORK_TEST(artifact_file__is_found_by_path_and_by_digest_but_no_reference_is) {
    struct fixture *f = context;
    struct artifact_file *file;
    struct artifact *artifact;
    TRY(make(tx, f, &artifact, err));
    TRY(add_file(tx, artifact, STR("a/x"), STR("same"), 0, err));
    TRY(add_file(tx, artifact, STR("b/x"), STR("same"), 4, err));
    TRY(artifact_file_find(tx, artifact->id, STR("a/x"), f->arena, &file, err));
    EXPECT(!file->has_blob && str_eq_c(file->ref, "s3://far/a"));
    TRY(artifact_file_find_by_digest(tx, artifact->id, STR("same"), f->arena, &file, err));
    EXPECT(str_eq_c(file->path, "b/x") && file->sha256[0] == 4);
    EXPECT_ERROR(artifact_file_find(tx, artifact->id, STR("a"), f->arena, &file, err), ERR_NOT_FOUND, "the artifact has no such file");
    return OK;
}

WORK_TEST(artifact_file__is_found_in_its_project_once_its_version_is_there) {
    struct fixture *f = context;
    struct artifact_blob blob = { .sha256 = { 4 }, .size_bytes = 1 };
    struct digests digests = digests_of(4);
    struct artifact_file *file;
    struct artifact *artifact;
    TRY(make(tx, f, &artifact, err));
    TRY(add_file(tx, artifact, STR("x"), STR("d"), 4, err));
    TRY(project_blob_link(tx, 1, digests.md5, &blob, err));
    EXPECT_ERROR(artifact_file_find_in_project(tx, 1, digests.md5, f->arena, &file, err), ERR_NOT_FOUND, "the artifact has no such file");
    TRY(artifact_commit(tx, artifact, STR("d"), 1, 1, 2000, err));
    TRY(artifact_file_find_in_project(tx, 1, digests.md5, f->arena, &file, err));
    EXPECT(file->artifact_id == artifact->id);
    TRY(artifact_delete(tx, artifact->id, 3000, err));
    EXPECT_ERROR(artifact_file_find_in_project(tx, 1, digests.md5, f->arena, &file, err), ERR_NOT_FOUND, "the artifact has no such file");
    return OK;
}

WORK_TEST(artifact_file__list_is_paged_by_path_and_chosen_by_name) {
    struct fixture *f = context;
    const struct str wanted[] = { STR_INIT("c"), STR_INIT("a"), STR_INIT("none") };
    struct str *many = ARENA_ARRAY(f->arena, struct str, 10001);
    struct artifact *artifact;
    struct list page;
    TRY(make(tx, f, &artifact, err));
    TRY(add_file(tx, artifact, STR("c"), STR("d"), 1, err));
    TRY(add_file(tx, artifact, STR("a"), STR("d"), 1, err));
    TRY(add_file(tx, artifact, STR("b"), STR("d"), 1, err));
    TRY(artifact_file_list(tx, artifact->id, STR_EMPTY, 2, NULL, 0, f->arena, &page, err));
    EXPECT(page.count == 2 && str_eq_c(((const struct artifact_file *)page.items[1])->path, "b"));
    TRY(artifact_file_list(tx, artifact->id, STR("b"), 2, NULL, 0, f->arena, &page, err));
    EXPECT(page.count == 1 && str_eq_c(((const struct artifact_file *)page.items[0])->path, "c"));
    TRY(artifact_file_list(tx, artifact->id, (struct str){ 0 }, 10, wanted, 3, f->arena, &page, err));
    EXPECT(page.count == 2 && str_eq_c(((const struct artifact_file *)page.items[0])->path, "a"));
    for (int i = 0; i <= 10000; i++)
        many[i] = STR("x");
    EXPECT_ERROR(artifact_file_list(tx, artifact->id, (struct str){ 0 }, 10, many, 10001, f->arena, &page, err), ERR_BAD_INPUT,
                 "at most 10000 file names can be asked for at once, got 10001");
    return OK;
}

WORK_TEST(artifact_file__is_removed_in_portions) {
    struct fixture *f = context;
    struct artifact *artifact;
    int64_t removed, left;
    TRY(make(tx, f, &artifact, err));
    TRY(add_file(tx, artifact, STR("a"), STR("d"), 1, err));
    TRY(add_file(tx, artifact, STR("b"), STR("d"), 1, err));
    TRY(add_file(tx, artifact, STR("b"), STR("e"), 2, err)); /* again: it is one */
    TRY(artifact_file_count(tx, artifact->id, &left, err));
    EXPECT(left == 2);
    TRY(artifact_file_remove_some(tx, artifact->id, 1, &removed, err));
    TRY(artifact_file_count(tx, artifact->id, &left, err));
    EXPECT(removed == 1 && left == 1);
    return OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(artifact_upload__is_found_by_its_path_and_listed_by_its_bytes),
        DB_TEST(artifact_upload__of_a_colliding_md5_is_told_apart_by_its_path),
        DB_TEST(artifact_upload__that_was_not_needed_remembers_whose_bytes_they_are),
        DB_TEST(project_blob__is_the_first_that_was_linked_and_of_one_project),
        DB_TEST(artifact_file__is_found_by_path_and_by_digest_but_no_reference_is),
        DB_TEST(artifact_file__is_found_in_its_project_once_its_version_is_there),
        DB_TEST(artifact_file__list_is_paged_by_path_and_chosen_by_name),
        DB_TEST(artifact_file__is_removed_in_portions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
