/* page_files.h - the files of the page, which are in the program: src/web/page */
#ifndef CAMD_WEB_PAGE_FILES_H
#define CAMD_WEB_PAGE_FILES_H

#include <stddef.h>

struct page_file {
    const char *path; /* as it is asked for */
    const char *type;
    const char *tag; /* of this content */
    const unsigned char *bytes;
    size_t length;
};

/* NULL: there is none at that path. */
const struct page_file *page_file_find(const char *path);

/* embed.py writes them at build time. */
extern const struct page_file page_files[];
extern const size_t page_file_count;
extern const char page_tag[]; /* of the content of all */

#endif
