/* What can be done about an errno. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "base/error_hint.h"

/* "look at DIRECTORY: space, permissions" helps nobody who is short of memory. */
static void test_each_error_has_a_hint_of_its_own(void **state)
{
    static const int errors[] = {ENOSPC, EDQUOT, EFBIG,  EACCES, EPERM,  EROFS, ENOTDIR,
                                 ENOENT, EIO,    ENOMEM, EMFILE, ENFILE, ELOOP, ETIMEDOUT};
    char text[ERROR_HINT_BYTES];
    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        assert_null(strstr(error_hint_directory(errors[i], "/run/camd", text), "look at /run/camd"));
    assert_string_equal(error_hint_directory(EINVAL, "state_dir", text),
                        "look at state_dir: space, permissions");
}

static void test_sign_does_not_matter(void **state)
{
    char text[ERROR_HINT_BYTES], other[ERROR_HINT_BYTES];
    (void)state;
    assert_ptr_equal(error_hint_shortage(EMFILE), error_hint_shortage(-EMFILE));
    assert_string_equal(error_hint_directory(EROFS, "x", text), error_hint_directory(-EROFS, "x", other));
}

static void test_shortage_is_no_matter_of_the_directory(void **state)
{
    char text[ERROR_HINT_BYTES];
    (void)state;
    assert_string_equal(error_hint_directory(-EMFILE, "x", text), error_hint_shortage(-EMFILE));
    assert_null(error_hint_shortage(-ENOSPC));
}

static void test_words(void **state)
{
    char text[ERROR_WORDS_BYTES];
    (void)state;
    assert_string_equal(error_words(-ENOENT, text), "No such file or directory");
    assert_non_null(strstr(error_words(-EMFILE, text), "Too many open files; no more files may be opened"));
    assert_string_equal(error_words_of_path(-ENOSPC, "/run/camd/camd.pid", text),
                        "No space left on device; make room in /run/camd (df and df -i say what is short)");
    assert_non_null(strstr(error_words_of_path(-EROFS, "/camd.pid", text), "; / is read-only"));
    assert_non_null(strstr(error_words_of_path(-EACCES, "camd.pid", text), "; . has to be writable"));
    /* to open its directory would not help */
    assert_non_null(
        strstr(error_words_of_path(-EACCES, "/etc/passwd", text), "; /etc/passwd has to be writable"));
    assert_non_null(strstr(error_words_of_path(-EROFS, "/etc/passwd", text), "; /etc is read-only"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_error_has_a_hint_of_its_own),
        cmocka_unit_test(test_sign_does_not_matter),
        cmocka_unit_test(test_shortage_is_no_matter_of_the_directory),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
