/* test_worker_pool.c */
#include "server/http/worker_pool.h"

#include "../../base/fixture.h"

#include <stdatomic.h>
#include <unistd.h>

struct item {
    struct work work;
    atomic_int *done;
    int sleeps_ms;
};

static void run(struct work *work) {
    struct item *item = (struct item *)(void *)work;
    if (item->sleeps_ms > 0)
        usleep((useconds_t)item->sleeps_ms * 1000);
    atomic_fetch_add(item->done, 1);
}

static void worker_pool__does_all_work_before_it_ends(void **state) {
    struct worker_pool *pool = worker_pool_create(3);
    static struct item items[5000];
    atomic_int done = 0;
    (void)state;
    for (size_t i = 0; i < 5000; i++) {
        items[i] = (struct item){ .work.run = run, .done = &done };
        worker_pool_add(pool, &items[i].work);
    }
    worker_pool_destroy(pool);
    assert_int_equal(atomic_load(&done), 5000);
}

static void worker_pool__lets_quick_work_pass_slow_work(void **state) {
    struct worker_pool *pool = worker_pool_create(2);
    atomic_int slow_done = 0, quick_done = 0;
    struct item slow = { .work.run = run, .done = &slow_done, .sleeps_ms = 300 };
    struct item quick = { .work.run = run, .done = &quick_done };
    (void)state;
    worker_pool_add(pool, &slow.work);
    worker_pool_add(pool, &quick.work);
    for (int i = 0; i < 200 && atomic_load(&quick_done) == 0; i++)
        usleep(1000);
    assert_int_equal(atomic_load(&quick_done), 1);
    assert_int_equal(atomic_load(&slow_done), 0);
    worker_pool_destroy(pool);
    assert_int_equal(atomic_load(&slow_done), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = { TEST(worker_pool__does_all_work_before_it_ends),
                                        TEST(worker_pool__lets_quick_work_pass_slow_work) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
