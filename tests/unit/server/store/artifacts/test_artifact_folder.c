/* test_artifact_folder.c - a version's files as folders, in pages, and searched. */
#include "server/store/artifacts/artifact_folder.h"
#include "tests/unit/server/store/run_fixture.h"

enum { VERSION = 7, MANY = 6000 };

static enum err_code add(struct db_tx *tx, const char *path, int64_t size_bytes, struct err *err) {
    const struct artifact_file file = { .artifact_id = VERSION, .path = str_from_c(path), .digest = STR("d"), .size_bytes = size_bytes };
    return artifact_file_add(tx, &file, err);
}

static enum err_code add_all(struct db_tx *tx, struct err *err) {
    static const char *const paths[] = { "a.txt", "a/one", "a/b/two", "a-b", "a0", "b/three", "Zed", "100%_!sure" };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        TRY(add(tx, paths[i], 1 << i, err));
    return OK;
}

static bool has_file(const struct artifact_folder *folder, size_t i, const char *path) {
    return i < folder->files.count && str_eq_c(((const struct artifact_file *)folder->files.items[i])->path, path);
}

static bool has_subfolder(const struct artifact_folder *folder, size_t i, const char *name, int64_t count, int64_t size_bytes) {
    const struct artifact_subfolder *found = i < folder->subfolders.count ? folder->subfolders.items[i] : NULL;
    return found != NULL && str_eq_c(found->name, name) && found->file_count == count && found->size_bytes == size_bytes;
}

WORK_TEST(artifact_folder__tells_what_lies_directly_in_it_and_the_sums_of_the_rest) {
    struct fixture *f = context;
    struct artifact_folder folder;
    TRY(add_all(tx, err));
    TRY(artifact_folder_list(tx, VERSION, STR_EMPTY, STR_EMPTY, 10, f->arena, &folder, err));
    EXPECT(folder.file_count == 8 && folder.size_bytes == 255 && folder.subfolder_count == 2 && !folder.has_more);
    EXPECT(has_subfolder(&folder, 0, "a", 2, 6) && has_subfolder(&folder, 1, "b", 1, 32));
    EXPECT(folder.files.count == 5 && has_file(&folder, 0, "100%_!sure") && has_file(&folder, 1, "Zed") && has_file(&folder, 2, "a-b") &&
           has_file(&folder, 3, "a.txt") && has_file(&folder, 4, "a0"));
    TRY(artifact_folder_list(tx, VERSION, STR("a"), STR_EMPTY, 10, f->arena, &folder, err));
    EXPECT(folder.file_count == 2 && has_file(&folder, 0, "a/one") && has_subfolder(&folder, 0, "b", 1, 4));
    TRY(artifact_folder_list(tx, VERSION, STR("nowhere"), STR_EMPTY, 10, f->arena, &folder, err));
    EXPECT(folder.file_count == 0 && folder.files.count == 0 && folder.subfolders.count == 0);
    return OK;
}

WORK_TEST(artifact_folder__gives_its_files_in_pages) {
    struct fixture *f = context;
    struct artifact_folder folder;
    TRY(add_all(tx, err));
    TRY(artifact_folder_list(tx, VERSION, STR_EMPTY, STR_EMPTY, 3, f->arena, &folder, err));
    EXPECT(folder.files.count == 3 && folder.has_more && folder.file_count == 8 && folder.subfolders.count == 2);
    TRY(artifact_folder_list(tx, VERSION, STR_EMPTY, STR("a-b"), 2, f->arena, &folder, err));
    EXPECT(folder.files.count == 2 && !folder.has_more && has_file(&folder, 0, "a.txt") && has_file(&folder, 1, "a0"));
    EXPECT(folder.subfolders.count == 0);
    return OK;
}

/* More than are read at once, with a subfolder across the seam. */
WORK_TEST(artifact_folder__counts_all_of_a_large_one) {
    struct fixture *f = context;
    struct artifact_folder folder;
    for (int i = 0; i < MANY; i++)
        TRY(add(tx, arena_printf(f->arena, "%s%05d", i < 4000 ? "a" : "b/", i).ptr, 1, err));
    TRY(artifact_folder_list(tx, VERSION, STR_EMPTY, STR_EMPTY, 500, f->arena, &folder, err));
    EXPECT(folder.file_count == MANY && folder.files.count == 500 && folder.has_more && has_subfolder(&folder, 0, "b", 2000, 2000));
    TRY(artifact_folder_list(tx, VERSION, STR_EMPTY, STR("a03498"), 500, f->arena, &folder, err));
    EXPECT(folder.has_more && has_file(&folder, 0, "a03499") && has_file(&folder, 499, "a03998"));
    TRY(artifact_folder_list(tx, VERSION, STR("b"), STR_EMPTY, 5000, f->arena, &folder, err));
    EXPECT(folder.files.count == 2000 && !folder.has_more);
    return OK;
}

WORK_TEST(artifact_folder__counts_more_subfolders_than_it_lists) {
    struct fixture *f = context;
    struct artifact_folder folder;
    for (int i = 0; i <= ARTIFACT_SUBFOLDERS_MAX; i++) {
        TRY(add(tx, arena_printf(f->arena, "%05d/a", i).ptr, 1, err));
        TRY(add(tx, arena_printf(f->arena, "%05d/b", i).ptr, 1, err));
    }
    TRY(artifact_folder_list(tx, VERSION, STR_EMPTY, STR_EMPTY, 10, f->arena, &folder, err));
    EXPECT(folder.subfolder_count == ARTIFACT_SUBFOLDERS_MAX + 1 && folder.file_count == 2 * (ARTIFACT_SUBFOLDERS_MAX + 1));
    EXPECT(folder.subfolders.count == ARTIFACT_SUBFOLDERS_MAX && has_subfolder(&folder, ARTIFACT_SUBFOLDERS_MAX - 1, "09999", 2, 2));
    return OK;
}

WORK_TEST(artifact_folder__is_searched_in_all_folders_and_letters_of_either_case) {
    struct fixture *f = context;
    struct artifact_folder folder;
    char words[600];
    TRY(add_all(tx, err));
    TRY(artifact_folder_search(tx, VERSION, STR("T"), STR_EMPTY, 10, f->arena, &folder, err));
    EXPECT(folder.files.count == 3 && has_file(&folder, 0, "a.txt") && has_file(&folder, 1, "a/b/two") && has_file(&folder, 2, "b/three"));
    TRY(artifact_folder_search(tx, VERSION, STR("t"), STR("a.txt"), 1, f->arena, &folder, err));
    EXPECT(folder.files.count == 1 && has_file(&folder, 0, "a/b/two") && folder.has_more);
    TRY(artifact_folder_search(tx, VERSION, STR("%_!S"), STR_EMPTY, 10, f->arena, &folder, err));
    EXPECT(folder.files.count == 1 && has_file(&folder, 0, "100%_!sure"));
    memset(words, 'w', sizeof words);
    EXPECT_ERROR(artifact_folder_search(tx, VERSION, (struct str){ words, sizeof words }, STR_EMPTY, 10, f->arena, &folder, err), ERR_BAD_INPUT,
                 "at most 500 bytes are searched for, got 600");
    return OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(artifact_folder__tells_what_lies_directly_in_it_and_the_sums_of_the_rest),
        DB_TEST(artifact_folder__gives_its_files_in_pages),
        DB_TEST(artifact_folder__counts_all_of_a_large_one),
        DB_TEST(artifact_folder__counts_more_subfolders_than_it_lists),
        DB_TEST(artifact_folder__is_searched_in_all_folders_and_letters_of_either_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
