/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Signed objects. The first byte says what the rest is: a manifest or bundle as it travels, or only
 * its payload, which is then signed here with the key that is expected. Without that no mutation
 * would come past the signature.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "tests/wire/objects.h"

enum { MANIFEST_OBJECT, MANIFEST_PAYLOAD, BUNDLE_OBJECT, BUNDLE_PAYLOAD };

#define AIK 1
#define DSK 100 /* of the first device of a plan */

static void
put_seed(uint8_t what, struct span bytes)
{
    AUTO(buf_done) struct buf b = BUF(FUZZ_INPUT_MAX);
    buf_put_u8(&b, what);
    buf_put(&b, bytes);
    fuzz_seed(buf_span(&b));
}

static void
put_seeds(uint8_t object, struct span signed_object)
{
    struct signed_parts parts = {0};
    enum err e = signed_read(signed_object, MANIFEST_MAX, &parts);
    assert(e == OK);
    put_seed(object, signed_object);
    put_seed((uint8_t)(object + 1), buf_span(&parts.payload));
    signed_parts_done(&parts);
}

void
fuzz_seeds(void)
{
    AUTO(buf_done) struct buf small = BUF(FUZZ_INPUT_MAX), full = BUF(FUZZ_INPUT_MAX);
    AUTO(buf_done) struct buf bundle = BUF(FUZZ_INPUT_MAX);
    struct key_pair dsk = key_pair_of(DSK);
    struct manifest_plan p;
    struct bundle_plan b;

    manifest_plan_init(&p, AIK);
    manifest_plan_object(&p, &small);
    manifest_plan_devices(&p, 3);
    manifest_plan_lineage(&p, AIK, 2);
    manifest_plan_object(&p, &full);
    bundle_plan_init(&b, &p.account);
    bundle_plan_object(&b, &dsk, &bundle);
    put_seeds(MANIFEST_OBJECT, buf_span(&small));
    put_seeds(MANIFEST_OBJECT, buf_span(&full));
    put_seeds(BUNDLE_OBJECT, buf_span(&bundle));
}

static void
try_manifest(struct span object)
{
    struct manifest m;
    if (manifest_read(object, &m) != OK)
        return;
    assert(m.seq >= 1 && m.device_count >= 1 && m.device_count <= DEVICES_MAX);
    assert(m.pin_count <= PINS_MAX && m.lineage_count <= LINEAGE_MAX);
    enum err alone = manifest_binds(&m, &m.account, NULL);
    enum err itself = manifest_binds(&m, &m.account, &m);
    assert(alone == OK || alone == ERR_FORGED);
    assert(itself == OK && manifest_compare(&m, &m) == MANIFEST_SAME);
}

static void
try_bundle(struct span object)
{
    struct key_pair dsk = key_pair_of(DSK);
    struct bundle b;
    if (bundle_read(object, &dsk.public, &b) == OK)
        assert(b.device >= 1 && b.device <= DEVICE_ID_MAX && b.eks_id != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct span bytes = SPAN(data + 1, size - 1);
    bool bundle = data[0] == BUNDLE_OBJECT || data[0] == BUNDLE_PAYLOAD;
    AUTO(buf_done) struct buf object = BUF(2 * FUZZ_INPUT_MAX);
    if (data[0] == MANIFEST_PAYLOAD || data[0] == BUNDLE_PAYLOAD) {
        struct key_pair k = key_pair_of(bundle ? DSK : AIK);
        struct ed25519_signature sig =
            key_pair_sign(&k, bundle ? LABEL_BUNDLE : LABEL_MANIFEST, bytes);
        signed_write(&object, bytes, &sig);
        bytes = buf_span(&object);
    }
    if (bundle)
        try_bundle(bytes);
    else
        try_manifest(bytes);
    return 0;
}
