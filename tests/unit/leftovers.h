/* leftovers.h - counting what a failure left behind; errors are cmocka's */
#ifndef CAMD_TESTS_LEFTOVERS_H
#define CAMD_TESTS_LEFTOVERS_H

/* Open descriptors of this process (and one that counting takes). */
unsigned int count_descriptors(void);
/* Files in a directory whose names don't begin with a dot. */
unsigned int count_files(const char *directory);

#endif
