/* test_facts.c - repositories and packages, from folders made here. */
#include "client/sender/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int enter(void **state) {
    static char folder[] = "/tmp/facts.XXXXXX";
    *state = mkdtemp(folder);
    return *state == NULL || chdir(*state) != 0;
}

static int leave(void **state) {
    char command[256];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", (const char *)*state);
    return chdir("/") != 0 || system(command) != 0;
}

static void facts__list_packages_once_and_sorted(void **state) {
    struct buf out = BUF_INIT(4096);
    (void)state;
    assert_int_equal(mkdir("one", 0700) + mkdir("two", 0700), 0);
    assert_int_equal(mkdir("one/numpy-2.4.6.dist-info", 0700), 0);
    assert_int_equal(mkdir("two/numpy-2.4.6.dist-info", 0700), 0);
    assert_int_equal(mkdir("two/typing_extensions-4.1.dist-info", 0700), 0);
    assert_int_equal(mkdir("one/Zope-1.dist-info", 0700), 0);
    assert_int_equal(mkdir("one/notes", 0700), 0);
    facts_list_packages(STR("one:two:none"), &out);
    buf_append_char(&out, '\0');
    assert_string_equal(out.ptr, "numpy==2.4.6\ntyping_extensions==4.1\nZope==1\n");
    buf_finish(&out);
}

static void facts__know_the_commit_the_change_and_no_password(void **state) {
    struct git_facts facts;
    (void)state;
    git_facts_init(&facts);
    assert_false(git_facts_gather(&facts));
    assert_int_equal(system("git init -q . && git config user.email a@b && git config user.name n && echo one > f && git add f && "
                            "git commit -q -m m && git remote add origin https://user:secret@host/x.git && echo two > f"),
                     0);
    assert_int_equal(mkdir("below", 0700), 0);
    assert_int_equal(chdir("below"), 0);
    assert_true(git_facts_gather(&facts));
    assert_int_equal(facts.commit.len, 40);
    assert_true(str_eq_c(buf_str(&facts.remote), "https://host/x.git"));
    assert_true(str_contains(buf_str(&facts.diff), STR("+two")));
    git_facts_finish(&facts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts__list_packages_once_and_sorted),
        cmocka_unit_test(facts__know_the_commit_the_change_and_no_password),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
