/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/request_auth.h"

#include <sodium.h>

enum err
request_authorize(const struct device_keys *own, uint64_t time,
                  const struct request_subject *subject, char ret[AUTHORIZATION_MAX])
{
    AUTO(buf_done) struct buf text = BUF(REQUEST_HEADER_MAX);
    struct request_credentials c = {
        .label = LABEL_REQUEST,
        .account = own->account,
        .device = own->id,
        .time = time,
    };

    randombytes_buf(c.nonce, sizeof c.nonce);
    request_text_write(&text, subject, &c);
    TRY(buf_ok(&text));
    TRY(dsk_sign(&own->dsk, c.label, buf_span(&text), &c.sig));
    authorization_write(&c, ret);
    return OK;
}

enum err
fetch_authorize(const struct fetch_key *key, uint64_t time, const struct request_subject *subject,
                char ret[AUTHORIZATION_MAX])
{
    AUTO(buf_done) struct buf text = BUF(REQUEST_HEADER_MAX);
    struct request_credentials c = {
        .label = LABEL_FETCH,
        .account = key->account,
        .device = key->device,
        .time = time,
    };

    randombytes_buf(c.nonce, sizeof c.nonce);
    request_text_write(&text, subject, &c);
    TRY(buf_ok(&text));
    TRY(fk_sign(key, c.label, buf_span(&text), &c.sig));
    authorization_write(&c, ret);
    return OK;
}
