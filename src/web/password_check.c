#include "web/password_check.h"

#include <crypt.h>
#include <errno.h>
#include <ev.h>
#include <nettle/memops.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/secret.h"

struct password_check {
    char *password, *hash;
    password_checked *done; /* NULL: cancelled */
    void *context;
    bool right;
    TAILQ_ENTRY(password_check) links;
};
TAILQ_HEAD(password_checks, password_check);

struct password_checker {
    struct ev_loop *loop;
    ev_async finished;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    struct password_checks waiting, checked;
    unsigned int count; /* of both, and of the one that is being checked */
    bool stops;
};

static void free_check(struct password_check *check)
{
    secret_free(check->password);
    free(check->hash);
    free(check);
}

/* ---- the thread ---- */

static bool is_right(const struct password_check *check, struct crypt_data *data)
{
    const char *made = crypt_r(check->password, check->hash, data);
    const size_t length = strlen(check->hash);
    return made && strlen(made) == length && memeql_sec(made, check->hash, length);
}

/* The next one, or NULL at the end. */
static struct password_check *take_next(struct password_checker *checker)
{
    struct password_check *check;
    pthread_mutex_lock(&checker->lock);
    while (!(check = TAILQ_FIRST(&checker->waiting)) && !checker->stops)
        pthread_cond_wait(&checker->changed, &checker->lock);
    if (check)
        TAILQ_REMOVE(&checker->waiting, check, links);
    pthread_mutex_unlock(&checker->lock);
    return check;
}

static void *check_all(void *argument)
{
    struct password_checker *checker = argument;
    struct crypt_data *data = calloc(1, sizeof(*data));
    struct password_check *check;
    while ((check = take_next(checker))) {
        check->right = data && is_right(check, data);
        if (data)
            explicit_bzero(data, sizeof(*data));
        pthread_mutex_lock(&checker->lock);
        TAILQ_INSERT_TAIL(&checker->checked, check, links);
        pthread_mutex_unlock(&checker->lock);
        ev_async_send(checker->loop, &checker->finished);
    }
    free(data);
    return NULL;
}

/* ---- the loop's side ---- */

static struct password_check *take_checked(struct password_checker *checker)
{
    struct password_check *check;
    pthread_mutex_lock(&checker->lock);
    check = TAILQ_FIRST(&checker->checked);
    if (check) {
        TAILQ_REMOVE(&checker->checked, check, links);
        checker->count--;
    }
    pthread_mutex_unlock(&checker->lock);
    return check;
}

static void tell_checked(struct ev_loop *loop, ev_async *watcher, int events)
{
    struct password_checker *checker = watcher->data;
    struct password_check *check;
    (void)loop;
    (void)events;
    while ((check = take_checked(checker))) {
        if (check->done)
            check->done(check->context, check->right);
        free_check(check);
    }
}

struct password_check *password_check_begin(struct password_checker *checker, const char *password,
                                            const char *hash, password_checked *done, void *context)
{
    struct password_check *check = calloc(1, sizeof(*check));
    if (!check)
        return NULL;
    *check = (struct password_check){strdup(password), strdup(hash), done, context, false, {0}};
    pthread_mutex_lock(&checker->lock);
    const bool fits = check->password && check->hash && checker->count < PASSWORD_CHECKS_MAX;
    if (fits) {
        checker->count++;
        TAILQ_INSERT_TAIL(&checker->waiting, check, links);
        pthread_cond_signal(&checker->changed);
    }
    pthread_mutex_unlock(&checker->lock);
    if (fits)
        return check;
    free_check(check);
    return NULL;
}

/* done is read in the loop only; the thread frees nothing. */
void password_check_cancel(struct password_checker *checker, struct password_check *check)
{
    (void)checker;
    check->done = NULL;
}

int password_checker_start(struct password_checker **checker, struct ev_loop *loop)
{
    struct password_checker *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->loop = loop;
    TAILQ_INIT(&made->waiting);
    TAILQ_INIT(&made->checked);
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->changed, NULL);
    ev_async_init(&made->finished, tell_checked);
    made->finished.data = made;
    ev_async_start(loop, &made->finished);
    const int error = pthread_create(&made->thread, NULL, check_all, made);
    if (error != 0) {
        ev_async_stop(loop, &made->finished);
        free(made);
        return -error;
    }
    *checker = made;
    return 0;
}

void password_checker_stop(struct password_checker *checker)
{
    if (!checker)
        return;
    pthread_mutex_lock(&checker->lock);
    checker->stops = true;
    TAILQ_CONCAT(&checker->checked, &checker->waiting, links); /* unchecked: nobody waits for them any more */
    pthread_cond_signal(&checker->changed);
    pthread_mutex_unlock(&checker->lock);
    pthread_join(checker->thread, NULL);
    tell_checked(checker->loop, &checker->finished, 0);
    ev_async_stop(checker->loop, &checker->finished);
    pthread_mutex_destroy(&checker->lock);
    pthread_cond_destroy(&checker->changed);
    free(checker);
}
