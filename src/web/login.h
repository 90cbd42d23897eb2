/*
 * login.h - whether a request may be served: who asks, and from where
 *
 * A user and password that were right once are known again at once, by a keyed digest; the password itself is not kept.
 * Guesses are few: ten at once, then ten a minute from one address.
 */
#ifndef CAMD_WEB_LOGIN_H
#define CAMD_WEB_LOGIN_H

#include "web/http.h"

struct ev_loop;
struct login;
struct web_users;

/* users NULL: nobody has to say who he is. It outlives the login. 0 or -errno. */
int login_new(struct login **login, struct ev_loop *loop, const struct web_users *users);
/* All requests have ended before. NULL is fine. */
void login_free(struct login *login);

/* Calls serve(context, request) now or later, or answers the request. */
void login_check(struct login *login, struct http_request *request, http_serve *serve, void *context);

#endif
