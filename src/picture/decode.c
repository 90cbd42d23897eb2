/* decode.c - pictures out of files, with libjpeg-turbo */
#include "picture/decode.h"

#include <errno.h>
#include <turbojpeg.h>

/*
 * Of a picture that is sent again and again, a little better each time, which can take for ever; older libraries know
 * none.
 */
#ifdef TJFLAG_LIMITSCANS
enum { LIMIT_SCANS = TJFLAG_LIMITSCANS };
#else
enum { LIMIT_SCANS = 0 };
#endif

static int decode(tjhandle decompressor, struct picture *picture, const uint8_t *jpeg, size_t bytes)
{
    const int luma = (int)(picture->width * picture->height);
    unsigned char *planes[3] = {picture->pixels, picture->pixels + luma, picture->pixels + luma + luma / 4};
    int width = 0, height = 0, subsampling = 0, colours = 0;
    if (tjDecompressHeader3(decompressor, jpeg, (unsigned long)bytes, &width, &height, &subsampling,
                            &colours) != 0 ||
        width != (int)picture->width || height != (int)picture->height || subsampling != TJSAMP_420 ||
        colours != TJCS_YCbCr)
        return -EBADMSG;
    /* a warning is for a picture that is damaged: grey from some line on, perhaps */
    return tjDecompressToYUVPlanes(decompressor, jpeg, (unsigned long)bytes, planes, width, NULL, height,
                                   TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | LIMIT_SCANS) == 0
               ? 0
               : -EBADMSG;
}

int picture_from_jpeg(struct picture *picture, const uint8_t *jpeg, size_t bytes)
{
    tjhandle decompressor = tjInitDecompress();
    if (!decompressor)
        return -ENOMEM;
    int result = decode(decompressor, picture, jpeg, bytes);

    tjDestroy(decompressor);
    return result;
}
