/* test_discussion.c - what is said about reports, and stars. */
#include "tests/unit/server/store/accounts_fixture.h"

#include "server/store/projects/discussion.h"
#include "server/store/projects/project.h"
#include "server/store/projects/trash.h"
#include "server/store/projects/view_star.h"

enum { NOW = 1000000 };

static enum err_code make_view(struct db_tx *tx, struct fixture *f, struct user **user, int64_t *view_id, struct err *err) {
    struct project *project;
    bool is_inserted;
    TRY(add_user(tx, f, "alice", user, err));
    TRY(project_ensure(tx, (*user)->owner.entity_id, STR("p"), (*user)->id, NOW, f->arena, &project, &is_inserted, err));
    const struct view_change wanted = { .type = STR("runs"), .name = STR("n"), .spec = STR("{}"), .is_locked = -1, .user_id = (*user)->id };
    return view_create(tx, project->id, &wanted, NOW, view_id, err);
}

static enum err_code count_left(struct db_tx *tx, const char *sql, int64_t *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_NO_ARGS, sql, err));
    *out = db_next(rows) ? db_int(rows, 0) : -1;
    return db_end(rows, err);
}

static const char all_rows[] = "select (select count(*) from discussion_threads) + (select count(*) from discussion_comments)"
                               " + (select count(*) from discussion_notices) + (select count(*) from view_stars)";

WORK_TEST(discussion__keeps_threads_and_comments_in_order) {
    struct fixture *f = context;
    struct user *user;
    struct list threads;
    int64_t view_id, first, second, comment;
    TRY(make_view(tx, f, &user, &view_id, err));
    TRY(discussion_begin(tx, view_id, STR("words"), NOW, &first, err));
    TRY(discussion_say(tx, first, user->id, STR("one"), NOW, &comment, err));
    TRY(discussion_begin(tx, view_id, STR_EMPTY, NOW, &second, err));
    TRY(discussion_say(tx, second, user->id, STR("two"), NOW, &comment, err));
    TRY(discussion_say(tx, first, user->id, STR("three"), NOW, &comment, err));
    TRY(discussion_list(tx, view_id, f->arena, &threads, err));
    EXPECT(threads.count == 2);
    const struct discussion_thread *thread = threads.items[0];
    EXPECT(thread->id == first && thread->comments.count == 2 && str_eq_c(thread->quote, "words"));
    const struct discussion_comment *last = thread->comments.items[1];
    EXPECT(last->id == comment && str_eq_c(last->body, "three") && str_eq_c(last->username, "alice"));
    return OK;
}

WORK_TEST(discussion__puts_what_is_imported_where_its_time_is_and_opens_nothing) {
    struct fixture *f = context;
    struct discussion_thread *thread;
    struct user *user;
    int64_t view_id, id, comment;
    TRY(make_view(tx, f, &user, &view_id, err));
    TRY(discussion_begin(tx, view_id, STR_EMPTY, NOW, &id, err));
    TRY(discussion_say(tx, id, user->id, STR("here"), NOW, &comment, err));
    TRY(discussion_resolve(tx, id, user->id, NOW + 1, err));
    struct discussion_comment told = { .user_id = user->id, .author = STR("bob"), .body = STR("there"), .created_at = NOW - 1, .edited_at = NOW };
    TRY(discussion_add_imported(tx, id, &told, err));
    TRY(discussion_find(tx, id, f->arena, &thread, err));
    EXPECT(thread->resolved_at == NOW + 1 && thread->comments.count == 2);
    const struct discussion_comment *first = thread->comments.items[0], *last = thread->comments.items[1];
    EXPECT(str_eq_c(first->author, "bob") && str_eq_c(first->username, "alice") && first->edited_at == NOW && last->author.ptr == NULL);
    told.body = STR_EMPTY;
    EXPECT(discussion_add_imported(tx, id, &told, err) == ERR_BAD_INPUT);
    return OK;
}

WORK_TEST(discussion__opens_again_what_was_resolved_and_is_spoken_of) {
    struct fixture *f = context;
    struct discussion_thread *thread;
    struct user *user;
    int64_t view_id, id, comment;
    TRY(make_view(tx, f, &user, &view_id, err));
    TRY(discussion_begin(tx, view_id, STR_EMPTY, NOW, &id, err));
    TRY(discussion_say(tx, id, user->id, STR("one"), NOW, &comment, err));
    TRY(discussion_resolve(tx, id, user->id, NOW + 1, err));
    TRY(discussion_find(tx, id, f->arena, &thread, err));
    EXPECT(thread->resolved_by == user->id && thread->resolved_at == NOW + 1);
    TRY(discussion_say(tx, id, user->id, STR("two"), NOW, &comment, err));
    TRY(discussion_find(tx, id, f->arena, &thread, err));
    EXPECT(thread->resolved_at == 0);
    return OK;
}

WORK_TEST(discussion__goes_with_its_last_comment_and_with_the_report) {
    struct fixture *f = context;
    struct discussion_comment *comment;
    struct discussion_thread *thread;
    struct user *user;
    struct err ignored;
    int64_t view_id, id, comment_id, left;
    TRY(make_view(tx, f, &user, &view_id, err));
    TRY(discussion_begin(tx, view_id, STR_EMPTY, NOW, &id, err));
    TRY(discussion_say(tx, id, user->id, STR("one"), NOW, &comment_id, err));
    TRY(discussion_find_comment(tx, comment_id, f->arena, &comment, err));
    TRY(discussion_delete(tx, comment, err));
    EXPECT(discussion_find(tx, id, f->arena, &thread, &ignored) == ERR_NOT_FOUND);
    TRY(discussion_begin(tx, view_id, STR_EMPTY, NOW, &id, err));
    TRY(discussion_say(tx, id, user->id, STR("two"), NOW, &comment_id, err));
    TRY(discussion_tell(tx, comment_id, user->id, false, err));
    TRY(discussion_tell(tx, comment_id, user->id, true, err));
    TRY(view_star_set(tx, view_id, user->id, true, NOW, err));
    TRY(count_left(tx, all_rows, &left, err));
    EXPECT(left == 4);
    TRY(view_delete(tx, view_id, NOW, err));
    EXPECT(discussion_find(tx, id, f->arena, &thread, &ignored) == ERR_NOT_FOUND);
    TRY(trash_empty(tx, NOW, err));
    TRY(count_left(tx, all_rows, &left, err));
    EXPECT(left == 0);
    return OK;
}

WORK_TEST(discussion__refuses_empty_and_endless_words) {
    struct fixture *f = context;
    struct user *user;
    struct err ignored;
    int64_t view_id, id, comment;
    struct str endless = arena_printf(f->arena, "%*s", DISCUSSION_BODY_MAX + 1, "x");
    TRY(make_view(tx, f, &user, &view_id, err));
    TRY(discussion_begin(tx, view_id, STR_EMPTY, NOW, &id, err));
    EXPECT(discussion_say(tx, id, user->id, STR_EMPTY, NOW, &comment, &ignored) == ERR_BAD_INPUT);
    EXPECT(discussion_say(tx, id, user->id, endless, NOW, &comment, &ignored) == ERR_BAD_INPUT);
    EXPECT(discussion_begin(tx, view_id, endless, NOW, &id, &ignored) == ERR_BAD_INPUT);
    return OK;
}

WORK_TEST(view_star__counts_each_person_once) {
    struct fixture *f = context;
    struct user *alice, *bob;
    struct list kept;
    int64_t view_id, count;
    bool is_own;
    TRY(make_view(tx, f, &alice, &view_id, err));
    TRY(add_user(tx, f, "bob", &bob, err));
    TRY(view_star_set(tx, view_id, alice->id, true, NOW, err));
    TRY(view_star_set(tx, view_id, alice->id, true, NOW, err));
    TRY(view_star_count(tx, view_id, bob->id, &count, &is_own, err));
    EXPECT(count == 1 && !is_own);
    TRY(view_star_list(tx, alice->id, 10, f->arena, &kept, err));
    EXPECT(kept.count == 1 && ((const struct view *)kept.items[0])->id == view_id);
    TRY(view_star_set(tx, view_id, alice->id, false, NOW, err));
    TRY(view_star_count(tx, view_id, alice->id, &count, &is_own, err));
    EXPECT(count == 0 && !is_own);
    return OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(discussion__keeps_threads_and_comments_in_order, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(discussion__puts_what_is_imported_where_its_time_is_and_opens_nothing, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(discussion__opens_again_what_was_resolved_and_is_spoken_of, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(discussion__goes_with_its_last_comment_and_with_the_report, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(discussion__refuses_empty_and_endless_words, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(view_star__counts_each_person_once, fixture_set_up, fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
