/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What people paste, scan or type in, and the file of slots: the first byte says which.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "crypto/recovery.h"
#include "crypto/safety_number.h"
#include "crypto/slots.h"
#include "tests/fuzz/counted.h"

enum { QR, CODE, SLOTS, KINDS };

static const struct account_id mine = {{1}}, theirs = {{2}};

static void
put_seed(uint8_t kind, struct span bytes)
{
    AUTO(buf_done) struct buf b = BUF(FUZZ_INPUT_MAX);

    buf_put_u8(&b, kind);
    buf_put(&b, bytes);
    fuzz_seed(buf_span(&b));
}

void
fuzz_seeds(void)
{
    AUTO(buf_done) struct buf file = BUF(SLOTS_FILE_MAX);
    struct slot_secret secret = {SLOT_PASSPHRASE, SPAN_STR("p"), NULL};
    struct recovery_seed kit = {{3}};
    char qr[SAFETY_QR_LEN + 1], code[RECOVERY_CODE_LEN + 1];
    struct master_key mk;

    counted_randomness();
    safety_qr_write(&theirs, &mine, qr);
    put_seed(QR, SPAN_STR(qr));
    recovery_code_write(&kit, code);
    put_seed(CODE, SPAN_STR(code));
    enum err e = slots_create(&secret, SLOT_COST_TEST, &file, &mk);
    assert(e == OK);
    put_seed(SLOTS, buf_span(&file));
}

static void
try_qr(struct span text)
{
    enum safety_verdict v = (enum safety_verdict)77;

    enum err e = safety_qr_compare(text, &mine, &theirs, &v);
    assert(e == OK || e == ERR_MALFORMED || e == ERR_NEWER);
    assert((e == OK) == (v != (enum safety_verdict)77));
}

/* What is read is what would be written, whatever stood between the letters. */
static void
try_code(struct span text)
{
    struct recovery_seed kit, again;
    char code[RECOVERY_CODE_LEN + 1];

    enum err e = recovery_code_read(text, &kit);
    assert(e == OK || e == ERR_MALFORMED);
    if (e != OK)
        return;
    recovery_code_write(&kit, code);
    e = recovery_code_read(SPAN_STR(code), &again);
    assert(e == OK && memcmp(kit.b, again.b, sizeof kit.b) == 0);
}

static void
try_slots(struct span file)
{
    struct slot_info info[SLOTS_MAX];
    size_t count = 0;

    enum err e = slots_list(file, info, &count);
    assert(e == OK || e == ERR_DAMAGED || e == ERR_NEWER);
    assert(e != OK || (count >= 1 && count <= SLOTS_MAX));
    for (size_t i = 0; e == OK && i < count; i++)
        assert(info[i].cost.memory <= SLOT_MEMORY_MAX && info[i].cost.passes <= SLOT_PASSES_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct span rest = SPAN(data + 1, size - 1);
    if (data[0] % KINDS == QR)
        try_qr(rest);
    else if (data[0] % KINDS == CODE)
        try_code(rest);
    else
        try_slots(rest);
    return 0;
}
