/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/wire/samples.h"

#include "wire/limits.h"

uint8_t filler[128 * 1024];

__attribute__((constructor)) static void
fill(void)
{
    memset(filler, 5, sizeof filler);
}

/* Static, because protobuf-c takes pointers without const. */
static char alice[] = "alice";
static char address[] = "alice@relay.example:8443";
static char some_text[] = "gr\xc3\xbc\xc3\x9f dich";
static char emoji[] = "\xf0\x9f\x91\x8d";
static char card_link[] = "snug:alice@relay.example:8443";
static uint32_t numbers[] = {1, 2, 3};
static ProtobufCBinaryData some_bytes[] = {{16, filler}, {16, filler}};
static ProtobufCBinaryData hashes[] = {{32, filler}, {32, filler}};
static ProtobufCBinaryData objects[] = {{600, filler}, {700, filler}};

#define BEGIN(name, type, prefix)                                                                  \
    void name##_sample(struct buf *out)                                                            \
    {                                                                                              \
        type m;                                                                                    \
        prefix##__init(&m);
#define END                                                                                        \
    wire_pack(out, &m.base);                                                                       \
    }

#define PART(type, prefix, var)                                                                    \
    type var, *var##_list[] = {&var};                                                              \
    (void)var##_list;                                                                              \
    prefix##__init(&var)

static void
one_time_key(Wire__OneTimeKey *k)
{
    wire__one_time_key__init(k);
    k->id = 7;
    k->key = FILLER(33);
    k->sig = FILLER(64);
}

BEGIN(with_pow, Wire__WithPow, wire__with_pow)
PART(Wire__Pow, wire__pow, pow);
pow.seed = FILLER(16);
pow.nonce = UINT64_MAX;
m.request = FILLER(100);
m.pow = &pow;
END

    BEGIN(register, Wire__Register, wire__register) PART(Wire__OneTimeKey, wire__one_time_key, k);
one_time_key(&k);
m.manifest = FILLER(600);
m.bundle = FILLER(1500);
m.n_opks = 1;
m.opks = k_list;
m.invitation = alice;
m.n_before = 2;
m.before = objects;
END

    BEGIN(account_delete, Wire__AccountDelete, wire__account_delete) m.statement = FILLER(140);
END

    BEGIN(manifest_put, Wire__ManifestPut, wire__manifest_put)
        PART(Wire__AddedDevice, wire__added_device, d);
PART(Wire__OneTimeKey, wire__one_time_key, k);
one_time_key(&k);
d.device = 3;
d.bundle = FILLER(1500);
d.n_opks = 1;
d.opks = k_list;
m.manifest = FILLER(600);
m.n_added = 1;
m.added = d_list;
END

    BEGIN(card, Wire__Card, wire__card) m.name = alice;
END

    BEGIN(manifest_get, Wire__ManifestGet, wire__manifest_get) m.name = alice;
m.token = FILLER(16);
m.min_seq = 3;
m.after = FILLER(32);
END

    BEGIN(keys_put, Wire__KeysPut, wire__keys_put) PART(Wire__OneTimeKey, wire__one_time_key, k);
one_time_key(&k);
m.bundle = FILLER(1500);
m.n_opks = 1;
m.opks = k_list;
m.reset = true;
END

    BEGIN(keys_get, Wire__KeysGet, wire__keys_get) m.name = alice;
m.token = FILLER(16);
m.n_devices = 3;
m.devices = numbers;
m.want_opk = true;
END

    BEGIN(tokens_put, Wire__TokensPut, wire__tokens_put)
        PART(Wire__TokenEntry, wire__token_entry, t);
t.hash = FILLER(32);
t.tag = UINT32_MAX;
t.kind = WIRE__TOKEN_KIND__TOKEN_DELIVER;
t.uses = 1;
t.bytes_a_day = 1 << 20;
t.expiry = 1800000000;
m.n_add = 1;
m.add = t_list;
m.n_remove = 2;
m.remove = hashes;
m.reset = true;
END

    BEGIN(deliver, Wire__Deliver, wire__deliver)
        PART(Wire__DeviceEnvelope, wire__device_envelope, e);
e.device = 1;
e.envelope = FILLER(ENVELOPE_B1);
m.name = alice;
m.token = FILLER(16);
m.idem = FILLER(16);
m.transient = true;
m.n_envelopes = 1;
m.envelopes = e_list;
END

    BEGIN(request, Wire__Request, wire__request) m.name = alice;
m.token = FILLER(16);
m.idem = FILLER(16);
m.envelope = FILLER(ENVELOPE_B1);
END

    BEGIN(queue_ack, Wire__QueueAck, wire__queue_ack) m.upto = 5;
END

    BEGIN(registered, Wire__Registered, wire__registered) m.name = alice;
END

    BEGIN(card_answer, Wire__CardAnswer, wire__card_answer) m.manifest = FILLER(600);
END

    BEGIN(manifests, Wire__Manifests, wire__manifests) m.n_manifests = 2;
m.manifests = objects;
m.more = true;
END

    BEGIN(keys, Wire__Keys, wire__keys) PART(Wire__OneTimeKey, wire__one_time_key, k);
PART(Wire__DeviceKeys, wire__device_keys, d);
one_time_key(&k);
d.device = 1;
d.bundle = FILLER(1500);
d.opk = &k;
m.n_devices = 1;
m.devices = d_list;
m.manifest = FILLER(600);
END

    BEGIN(keys_counts, Wire__KeysCounts, wire__keys_counts) m.opks = 100;
END

    BEGIN(keys_status, Wire__KeysStatus, wire__keys_status) m.opks = 100;
m.manifest_seq = 2;
m.bundle_created = 1800000000;
m.tokens_hash = FILLER(32);
m.eks_id = 1;
m.opk_id_max = 100;
END

    BEGIN(changed, Wire__Changed, wire__changed) m.manifest = FILLER(600);
m.bundle = FILLER(1500);
m.device = 1;
END

    BEGIN(queue_page, Wire__QueuePage, wire__queue_page) PART(Wire__QueueItem, wire__queue_item, a);
PART(Wire__QueueItem, wire__queue_item, b);
Wire__QueueItem *both[] = {&a, &b};
a.n = 5;
a.tag = 9;
a.envelope = FILLER(ENVELOPE_B1);
b.n = 7;
b.envelope = FILLER(ENVELOPE_B2);
m.n_items = 2;
m.items = both;
m.more = true;
m.highest = 9;
END

    BEGIN(relay_info, Wire__RelayInfo, wire__relay_info)
        PART(Wire__RelayPolicies, wire__relay_policies, policies);
PART(Wire__RelayLimits, wire__relay_limits, limits);
PART(Wire__PowOffer, wire__pow_offer, pow);
PART(Wire__NextPin, wire__next_pin, next);
policies.registration = WIRE__REQUEST_POLICY__POLICY_OPEN;
limits.queue_items = QUEUE_ITEMS_MAX;
limits.queue_bytes = QUEUE_BYTES_MAX;
limits.queue_days = 21;
limits.blob_bytes = 1 << 30;
pow.seed = FILLER(16);
pow.bits = 20;
next.pin = FILLER(32);
next.sig = FILLER(64);
m.proto_min = 1;
m.proto_max = 2;
m.rlk = FILLER(32);
m.policies = &policies;
m.limits = &limits;
m.time = 1800000000;
m.pow = &pow;
m.next_pin = &next;
END

    BEGIN(blob_new, Wire__BlobNew, wire__blob_new) m.name = alice;
m.token = FILLER(16);
m.blob_id = FILLER(16);
m.size = 41;
m.write_hash = FILLER(32);
m.read_hash = FILLER(32);
END

    BEGIN(blob_expected, Wire__BlobExpected, wire__blob_expected) m.part = 3;
END

    BEGIN(blob_done, Wire__BlobDone, wire__blob_done) m.sha256 = FILLER(32);
END

    BEGIN(fetch_key_put, Wire__FetchKeyPut, wire__fetch_key_put) m.key = FILLER(32);
m.not_after = 1800000000;
END

    BEGIN(anchor_put, Wire__AnchorPut, wire__anchor_put) m.expected = 7;
m.data = FILLER(ANCHOR_BYTES);
END

    BEGIN(anchor, Wire__Anchor, wire__anchor) m.version = 8;
m.data = FILLER(ANCHOR_BYTES);
END

    BEGIN(error, Wire__Error, wire__error) PART(Wire__PowOffer, wire__pow_offer, pow);
pow.seed = FILLER(16);
pow.bits = 20;
m.code = 428;
m.text = some_text;
m.retry_after = 5;
m.server_time = 1800000000;
m.pow = &pow;
END

    BEGIN(held, Wire__Held, wire__held) PART(Wire__HeldDevice, wire__held_device, d);
PART(Wire__HeldToken, wire__held_token, t);
PART(Wire__HeldItem, wire__held_item, i);
PART(Wire__HeldBlob, wire__held_blob, b);
d.device = 1;
d.bundle = FILLER(1500);
d.n_opk_ids = 3;
d.opk_ids = numbers;
d.highest_n = 9;
d.acked_n = 8;
d.fetch_key = FILLER(32);
d.fetch_key_expiry = 1800000000;
d.anchor_version = 8;
d.anchor = FILLER(ANCHOR_BYTES);
t.hash = FILLER(32);
t.tag = 1;
t.kind = 1;
t.unlimited = true;
t.bytes_a_day = 1 << 20;
t.expiry = 1;
i.n = 9;
i.tag = 1;
i.day = 20000;
i.size = ENVELOPE_B1;
i.device = 1;
i.envelope_hash = FILLER(32);
m.account_id = FILLER(32);
m.name = alice;
m.time = 1800000000;
m.n_manifests = 2;
m.manifests = objects;
m.n_devices = 1;
m.devices = d_list;
m.n_tokens = 1;
m.tokens = t_list;
m.n_items = 1;
m.items = i_list;
b.blob_id = FILLER(16);
b.tag = 1;
b.size = 2000000;
b.received = 1048576;
b.day = 20000;
b.finished = true;
b.expiry = 1800000000;
b.gone = true;
m.n_blobs = 1;
m.blobs = b_list;
m.registered_day = 20000;
m.next = 77;
END

    BEGIN(held_answer, Wire__HeldAnswer, wire__held_answer) m.held = FILLER(1000);
m.sig = FILLER(64);
END

    BEGIN(sender, Wire__Sender, wire__sender) m.account_id = FILLER(32);
m.device = 1;
m.dak = FILLER(32);
m.address = address;
m.manifest_seq = 1;
m.manifest_hash = FILLER(32);
END

    BEGIN(content, Wire__Content, wire__content) PART(Wire__Own, wire__own, own);
PART(Wire__ManifestRef, wire__manifest_ref, ref);
PART(Wire__TokenGrant, wire__token_grant, token);
PART(Wire__ChainAck, wire__chain_ack, ack);
ref.seq = 1;
ref.hash16 = FILLER(16);
token.generation = 1;
token.token = FILLER(16);
ack.chain = FILLER(8);
ack.upto = 5;
ack.bitmap = UINT64_MAX;
own.to = FILLER(32);
own.mine = &ref;
own.yours = &ref;
own.token = &token;
own.token_generation_held = 3;
own.n_acks = 1;
own.acks = ack_list;
m.shared = FILLER(100);
m.own = &own;
END

    BEGIN(shared, Wire__Shared, wire__shared) m.type = 1;
m.msg_id = FILLER(16);
m.sent_at = 1800000000000;
m.conversation = FILLER(32);
m.chain = FILLER(8);
m.seq = 2;
m.prev = FILLER(16);
m.body = FILLER(100);
m.expire = 3600;
END

    BEGIN(text, Wire__Text, wire__text) PART(Wire__Mention, wire__mention, mention);
PART(Wire__Range, wire__range, range);
mention.account_id = FILLER(32);
mention.start = 2;
mention.length = 2;
range.length = 2;
range.kind = 1;
m.text = some_text;
m.reply_to = FILLER(16);
m.reply_hash = FILLER(16);
m.n_mentions = 1;
m.mentions = mention_list;
m.n_ranges = 1;
m.ranges = range_list;
m.forwarded = true;
END

    BEGIN(receipt, Wire__Receipt, wire__receipt) m.kind = 1;
m.n_ids = 2;
m.ids = some_bytes;
END

    BEGIN(contact_request, Wire__ContactRequest, wire__contact_request) m.text = some_text;
m.name = alice;
END

    BEGIN(session_reset, Wire__SessionReset, wire__session_reset)
        PART(Wire__ChainAck, wire__chain_ack, ack);
ack.chain = FILLER(8);
ack.upto = 5;
m.n_acks = 1;
m.acks = ack_list;
m.reason = 2;
END

    BEGIN(resend_request, Wire__ResendRequest, wire__resend_request) static uint64_t seqs[] = {1,
                                                                                               5};
m.chain = FILLER(8);
m.n_seqs = 2;
m.seqs = seqs;
END

    BEGIN(resend, Wire__Resend, wire__resend) PART(Wire__ResendEntry, wire__resend_entry, there);
PART(Wire__ResendEntry, wire__resend_entry, gone);
Wire__ResendEntry *both[] = {&there, &gone};
there.shared = FILLER(100);
gone.seq = 6;
gone.gone = true;
m.chain = FILLER(8);
m.n_entries = 2;
m.entries = both;
END

    BEGIN(edit, Wire__Edit, wire__edit) PART(Wire__Text, wire__text, words);
words.text = some_text;
m.target = FILLER(16);
m.text = &words;
END

    BEGIN(delete, Wire__Delete, wire__delete) m.target = FILLER(16);
END

    BEGIN(reaction, Wire__Reaction, wire__reaction) m.target = FILLER(16);
m.emoji = emoji;
END

    BEGIN(attachments, Wire__Attachments, wire__attachments)
        PART(Wire__Attachment, wire__attachment, file);
PART(Wire__Text, wire__text, words);
static uint8_t preview[2 + 3 * 2 * 2] = {2, 2};
file.blob = FILLER(16);
file.read_secret = FILLER(16);
file.key = FILLER(32);
file.size = 100;
file.cipher_size = 141;
file.hash = FILLER(32);
file.name = alice;
file.mime = alice;
file.preview = (ProtobufCBinaryData){sizeof preview, preview};
file.kind = WIRE__ATTACHMENT_KIND__ATTACHMENT_VOICE;
file.width = 640;
file.height = 480;
file.duration_ms = 1000;
file.waveform = FILLER(64);
words.text = some_text;
m.n_files = 1;
m.files = file_list;
m.caption = &words;
END

    BEGIN(typing, Wire__Typing, wire__typing) m.on = true;
END

    BEGIN(person, Wire__Profile, wire__profile) m.name = alice;
m.about = some_text;
m.picture = FILLER(100);
END

    BEGIN(timer, Wire__Timer, wire__timer) m.seconds = 3600;
END

    BEGIN(presence, Wire__Presence, wire__presence) m.state = WIRE__PRESENCE_STATE__PRESENCE_AWAY;
m.text = some_text;
m.seconds = 300;
END

    BEGIN(pin, Wire__Pin, wire__pin) m.target = FILLER(16);
m.on = true;
END

    BEGIN(contact_card, Wire__ContactCard, wire__contact_card) m.link = card_link;
m.name = alice;
END

    BEGIN(backup_record, Wire__BackupRecord, wire__backup_record)
        PART(Wire__BackupValue, wire__backup_value, v);
PART(Wire__BackupRow, wire__backup_row, row);
v.kind_case = WIRE__BACKUP_VALUE__KIND_TEXT;
v.text = (ProtobufCBinaryData){strlen(some_text), (uint8_t *)some_text};
row.n_values = 1;
row.values = v_list;
m.kind_case = WIRE__BACKUP_RECORD__KIND_ROW;
m.row = &row;
END
