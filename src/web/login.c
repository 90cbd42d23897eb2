#include "web/login.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/throttle.h"
#include "web/password_check.h"
#include "web/web_users.h"

enum {
    KNOWN_MAX = 256,   /* logins that were right; the oldest is forgotten first */
    GUESSERS_MAX = 64, /* addresses; the one that was quiet for longest is forgotten first */
    GUESSES = 10,
    /* The throttle counts in whole guesses a second: on a clock that is so much slower it is ten a minute. */
    SLOWER = 6,
    LINES = 30, /* of the log at once, for wrong passwords from many addresses; then one a second */
    ADDRESS_BYTES = 16,
};

struct guesser {
    unsigned char address[ADDRESS_BYTES];
    int64_t seen_ms;
    struct throttle throttle;
};

/* A request whose password is being checked. */
struct attempt {
    struct login *login;
    struct http_request *request;
    http_serve *serve;
    void *context;
    bool is_user;
    struct password_check *check; /* NULL: it has ended */
    uint8_t digest[SHA256_DIGEST_SIZE];
    char user[]; /* as it was given */
};

struct login {
    const struct web_users *users;
    struct password_checker *checker;
    struct hmac_sha256_ctx keyed;
    uint8_t known[KNOWN_MAX][SHA256_DIGEST_SIZE];
    size_t known_count, known_next;
    struct guesser guessers[GUESSERS_MAX];
    struct throttle lines;
};

/* ---- logins that are known ---- */

static void digest(const struct login *login, const char *user, const char *password,
                   uint8_t result[SHA256_DIGEST_SIZE])
{
    struct hmac_sha256_ctx context = login->keyed;
    hmac_sha256_update(&context, strlen(user) + 1, (const uint8_t *)user);
    hmac_sha256_update(&context, strlen(password), (const uint8_t *)password);
    hmac_sha256_digest(&context, SHA256_DIGEST_SIZE, result);
    explicit_bzero(&context, sizeof(context));
}

static bool is_known(const struct login *login, const uint8_t wanted[SHA256_DIGEST_SIZE])
{
    int found = 0;
    for (size_t i = 0; i < login->known_count; i++)
        found |= memeql_sec(login->known[i], wanted, SHA256_DIGEST_SIZE);
    return found != 0;
}

static void remember(struct login *login, const uint8_t right[SHA256_DIGEST_SIZE])
{
    if (is_known(login, right))
        return;
    memcpy(login->known[login->known_next], right, SHA256_DIGEST_SIZE);
    login->known_next = (login->known_next + 1) % KNOWN_MAX;
    if (login->known_count < KNOWN_MAX)
        login->known_count++;
}

/* ---- guesses ---- */

/* Of IPv6 the network: whoever has one has all of its addresses. */
static void address_of(const struct http_request *request, unsigned char address[ADDRESS_BYTES])
{
    const struct sockaddr *from = http_request_address(request);
    memset(address, 0, ADDRESS_BYTES);
    if (from && from->sa_family == AF_INET)
        memcpy(address, &((const struct sockaddr_in *)from)->sin_addr, 4);
    if (from && from->sa_family == AF_INET6)
        memcpy(address, &((const struct sockaddr_in6 *)from)->sin6_addr,
               IN6_IS_ADDR_V4MAPPED(&((const struct sockaddr_in6 *)from)->sin6_addr) ? 16 : 8);
}

static struct guesser *guesser_of(struct login *login, const struct http_request *request, int64_t now_ms)
{
    struct guesser *oldest = &login->guessers[0];
    unsigned char address[ADDRESS_BYTES];
    address_of(request, address);
    for (size_t i = 0; i < GUESSERS_MAX; i++) {
        struct guesser *guesser = &login->guessers[i];
        if (guesser->seen_ms && memcmp(guesser->address, address, ADDRESS_BYTES) == 0) {
            guesser->seen_ms = now_ms;
            return guesser;
        }
        if (guesser->seen_ms < oldest->seen_ms)
            oldest = guesser;
    }
    memcpy(oldest->address, address, ADDRESS_BYTES);
    oldest->seen_ms = now_ms;
    throttle_init(&oldest->throttle, 1, GUESSES, now_ms / SLOWER);
    return oldest;
}

/* ---- answers ---- */

static void ask(struct http_request *request)
{
    static const char text[] = "Who are you? User and password are needed.\n";
    const struct http_answer answer = {
        .status = 401, .body = text, .bytes = sizeof(text) - 1, .body_stays = true, .realm = "camd"};
    http_answer(request, &answer);
}

static void refuse_guess(struct http_request *request, const struct guesser *guesser, int64_t now_ms)
{
    static const char text[] = "Too many wrong passwords came from this address; wait a little.\n";
    struct throttle throttle = guesser->throttle;
    const int64_t wait_ms = throttle_wait_ms(&throttle, now_ms / SLOWER) * SLOWER;
    const struct http_answer answer = {.status = 429,
                                       .body = text,
                                       .bytes = sizeof(text) - 1,
                                       .body_stays = true,
                                       .retry_s = (unsigned int)(wait_ms / 1000) + 1};
    http_answer(request, &answer);
}

/* A user who is not there may be a password in the wrong place: it is not shown. */
static void log_wrong(const struct attempt *attempt)
{
    char address[64] = "?";
    const struct sockaddr *from = http_request_address(attempt->request);
    struct throttle *lines = &attempt->login->lines;
    if (!throttle_pass(lines, clock_monotonic_ms()))
        return;
    const uint64_t dropped = throttle_take_dropped(lines);
    if (dropped > 0)
        log_warning(NULL, "%" PRIu64 " more wrong passwords came", dropped);
    if (from)
        getnameinfo(from,
                    from->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6),
                    address, sizeof(address), NULL, 0, NI_NUMERICHOST);
    log_warning(NULL, "wrong password from %s for %s", address,
                attempt->is_user ? attempt->user : "a user that is not in users_file");
}

/* ---- attempts ---- */

static void take_checked(void *context, bool right)
{
    struct attempt *attempt = context;
    struct http_request *request = attempt->request;
    http_serve *const serve = attempt->serve;
    void *const serve_context = attempt->context;

    attempt->check = NULL;
    if (!right || !attempt->is_user) {
        log_wrong(attempt);
        ask(request);
        return;
    }
    /* looked up again: the place may be another address's by now */
    throttle_fill(&guesser_of(attempt->login, request, clock_monotonic_ms())->throttle);
    remember(attempt->login, attempt->digest);
    free(attempt);
    http_request_keep(request, NULL, NULL);
    serve(serve_context, request);
}

static void end_attempt(void *kept)
{
    struct attempt *attempt = kept;
    if (attempt->check)
        password_check_cancel(attempt->login->checker, attempt->check);
    free(attempt);
}

static struct attempt *new_attempt(struct login *login, const char *user, const char *password)
{
    const size_t length = strlen(user);
    struct attempt *attempt = calloc(1, sizeof(*attempt) + length + 1);
    if (!attempt)
        return NULL;
    const char *hash = web_users_hash(login->users, user);
    attempt->login = login;
    attempt->is_user = hash != NULL;
    memcpy(attempt->user, user, length);
    digest(login, user, password, attempt->digest);
    attempt->check = password_check_begin(
        login->checker, password, hash ? hash : web_users_any_hash(login->users), take_checked, attempt);
    if (attempt->check)
        return attempt;
    free(attempt);
    return NULL;
}

static void begin(struct login *login, struct http_request *request, const char *user, const char *password,
                  http_serve *serve, void *context)
{
    const int64_t now_ms = clock_monotonic_ms();
    struct guesser *guesser = guesser_of(login, request, now_ms);
    if (!throttle_pass(&guesser->throttle, now_ms / SLOWER)) {
        refuse_guess(request, guesser, now_ms);
        return;
    }
    struct attempt *attempt = new_attempt(login, user, password);
    if (!attempt) {
        http_answer_busy(request, "Too many passwords are being checked; try again in a moment.");
        return;
    }
    attempt->request = request;
    attempt->serve = serve;
    attempt->context = context;
    http_request_keep(request, attempt, end_attempt);
}

static bool is_known_login(const struct login *login, const char *user, const char *password)
{
    uint8_t given[SHA256_DIGEST_SIZE];
    digest(login, user, password, given);
    return is_known(login, given);
}

void login_check(struct login *login, struct http_request *request, http_serve *serve, void *context)
{
    char *user = NULL, *password = NULL;
    if (!login->users) {
        serve(context, request);
        return;
    }
    if (!http_request_login(request, &user, &password)) {
        ask(request);
        return;
    }
    if (is_known_login(login, user, password))
        serve(context, request);
    else
        begin(login, request, user, password, serve, context);
    http_login_free(user, password);
}

/* ---- the whole ---- */

int login_new(struct login **login, struct ev_loop *loop, const struct web_users *users)
{
    struct login *made = calloc(1, sizeof(*made));
    uint8_t key[SHA256_DIGEST_SIZE];
    int result = made ? 0 : -ENOMEM;
    if (result == 0 && users && getrandom(key, sizeof(key), 0) != sizeof(key))
        result = -EIO;
    if (result == 0 && users) {
        made->users = users;
        throttle_init(&made->lines, 1, LINES, clock_monotonic_ms());
        hmac_sha256_set_key(&made->keyed, sizeof(key), key);
        explicit_bzero(key, sizeof(key));
        result = password_checker_start(&made->checker, loop);
    }
    if (result < 0) {
        free(made);
        return result;
    }
    *login = made;
    return 0;
}

void login_free(struct login *login)
{
    if (!login)
        return;
    password_checker_stop(login->checker);
    explicit_bzero(login, sizeof(*login));
    free(login);
}
