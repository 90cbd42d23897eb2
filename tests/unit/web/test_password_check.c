/* Passwords, with a crypt_r that is told how long it takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <crypt.h>
#include <ev.h>
#include <pthread.h>
#include <semaphore.h>

#include "web/password_check.h"

static sem_t begun, may_end;
static unsigned int hashed; /* the thread's, until it has ended */

/* The hash of a password is the password itself. */
char *__wrap_crypt_r(const char *password, const char *hash, struct crypt_data *data);
char *__wrap_crypt_r(const char *password, const char *hash, struct crypt_data *data)
{
    (void)hash;
    hashed++;
    sem_post(&begun);
    sem_wait(&may_end);
    strcpy(data->output, password);
    return data->output;
}

static unsigned int posts_at_join; /* what a crypt_r still waits for when the thread is waited for */

int __real_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result)
{
    for (unsigned int i = 0; i < posts_at_join; i++)
        sem_post(&may_end);
    return __real_pthread_join(thread, result);
}

struct told {
    unsigned int count;
    bool right;
};

static void tell(void *context, bool right)
{
    struct told *told = context;
    told->count++;
    told->right = right;
}

static int set_up(void **state)
{
    struct password_checker *checker = NULL;
    hashed = 0;
    posts_at_join = 0;
    sem_init(&begun, 0, 0);
    sem_init(&may_end, 0, 0);
    assert_int_equal(password_checker_start(&checker, EV_DEFAULT), 0);
    *state = checker;
    return 0;
}

static void test_a_password_is_told_right_or_wrong_in_the_loop(void **state)
{
    struct password_checker *checker = *state;
    struct told right = {0}, wrong = {0};
    assert_non_null(password_check_begin(checker, "sesame", "sesame", tell, &right));
    assert_non_null(password_check_begin(checker, "guess", "sesame", tell, &wrong));
    sem_post(&may_end);
    sem_post(&may_end);
    while (right.count == 0 || wrong.count == 0)
        ev_run(EV_DEFAULT, EVRUN_ONCE);
    assert_true(right.right);
    assert_false(wrong.right);
    password_checker_stop(checker);
}

static void test_so_many_wait_and_no_more(void **state)
{
    struct password_checker *checker = *state;
    struct password_check *checks[PASSWORD_CHECKS_MAX];
    for (size_t i = 0; i < PASSWORD_CHECKS_MAX; i++) {
        checks[i] = password_check_begin(checker, "x", "x", tell, NULL);
        assert_non_null(checks[i]);
    }
    assert_null(password_check_begin(checker, "x", "x", tell, NULL));
    for (size_t i = 0; i < PASSWORD_CHECKS_MAX; i++)
        password_check_cancel(checker, checks[i]);
    posts_at_join = PASSWORD_CHECKS_MAX;
    password_checker_stop(checker);
}

/* Each may take a second: who ends the program would wait for all of them. */
static void test_passwords_that_wait_are_not_hashed_at_the_end(void **state)
{
    struct password_checker *checker = *state;
    struct password_check *checks[3];
    for (size_t i = 0; i < 3; i++)
        checks[i] = password_check_begin(checker, "x", "x", tell, NULL);
    sem_wait(&begun);
    for (size_t i = 0; i < 3; i++)
        password_check_cancel(checker, checks[i]);
    posts_at_join = 3;
    password_checker_stop(checker);
    assert_int_equal(hashed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_password_is_told_right_or_wrong_in_the_loop, set_up),
        cmocka_unit_test_setup(test_so_many_wait_and_no_more, set_up),
        cmocka_unit_test_setup(test_passwords_that_wait_are_not_hashed_at_the_end, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
