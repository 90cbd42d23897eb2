#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

typedef void *(*array_new)(size_t size);
typedef void (*array_delete)(void *array);

/* As C++ names it: its argument's type is in it. */
#define NEW_ARRAY _Generic((size_t)0, unsigned int : "_Znaj", default : "_Znam")

enum { ARRAYS = 200, CACHE_LINE_BYTES = 64 };

/* operator new[] and operator delete[] as a library of this process finds them, by the names that C++ gives them. */
static void *operator_of_libraries(const char *name)
{
    void *found = dlsym(RTLD_DEFAULT, name);
    assert_non_null(found);
    return found;
}

static void arrays_of_opencv_begin_with_a_cache_line(void **state)
{
    (void)state;
    const array_new new_array = (array_new)(uintptr_t)operator_of_libraries(NEW_ARRAY);
    const array_delete delete_array = (array_delete)(uintptr_t)operator_of_libraries("_ZdaPv");
    void *arrays[ARRAYS];

    for (size_t i = 0; i < ARRAYS; i++) {
        arrays[i] = new_array(i * 401);
        assert_non_null(arrays[i]);
        assert_int_equal((uintptr_t)arrays[i] % CACHE_LINE_BYTES, 0);
    }
    for (size_t i = 0; i < ARRAYS; i++)
        delete_array(arrays[i]);
    delete_array(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(arrays_of_opencv_begin_with_a_cache_line)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
