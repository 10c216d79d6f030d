/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/media/sound.h"

#include <opusfile.h>

#define LENGTH_MAX ((int64_t)MEDIA_SOUND_RATE * MEDIA_SOUND_FROM_MAX)
#define AT_ONCE 5760 /* samples of one packet: 120 ms */

static void
op_donep(OggOpusFile **f)
{
    if (*f != NULL)
        op_free(*f);
}

static void
put_sample(struct buf *out, int left, int right)
{
    int both = (left + right) / 2;

    buf_put_u8(out, (uint8_t)(both & 0xff));
    buf_put_u8(out, (uint8_t)(both >> 8 & 0xff));
}

static enum err
decode(OggOpusFile *f, struct buf *out)
{
    static opus_int16 samples[2 * AT_ONCE];
    size_t left = (size_t)MEDIA_SOUND_RATE * MEDIA_SOUND_SECONDS;

    while (left > 0) {
        int n = op_read_stereo(f, samples, 2 * AT_ONCE);

        if (n == OP_HOLE) /* a page is missing: go on behind it */
            continue;
        if (n < 0)
            return fail(ERR_MALFORMED, "a voice note is damaged");
        if (n == 0)
            break;
        for (int i = 0; i < n && left > 0; i++, left--)
            put_sample(out, samples[2 * i], samples[2 * i + 1]);
    }
    return buf_ok(out);
}

enum err
sound_decode(struct span file, unsigned from, struct media_result *ret, struct buf *out)
{
    AUTO(op_donep) OggOpusFile *f = op_open_memory(file.p, file.n, NULL);

    if (f == NULL)
        return fail(ERR_MALFORMED, "not a voice note");
    ogg_int64_t all = op_pcm_total(f, -1), at = (ogg_int64_t)from * MEDIA_SOUND_RATE;
    if (all <= 0 || all > LENGTH_MAX || at >= all)
        return fail(ERR_MALFORMED, "a voice note is damaged, or ends before that");
    if (at > 0 && op_pcm_seek(f, at) != 0)
        return fail(ERR_MALFORMED, "a voice note is damaged");
    TRY(decode(f, out));
    ret->width = (uint32_t)(all / (MEDIA_SOUND_RATE / 1000));
    ret->height = (uint32_t)(out->n / 2);
    return out->n > 0 ? OK : fail(ERR_MALFORMED, "a voice note is damaged");
}
