/* SPDX-License-Identifier: GPL-3.0-or-later */
#define ERR_STATE OPENSSL_ERR_STATE /* a type of theirs, an error of ours */
#include <openssl/evp.h>
#undef ERR_STATE

#include <pthread.h>
#include <sodium.h>

#include "crypto/hmac.h"
#include "crypto/signal_glue_private.h"

static int
random_bytes(uint8_t *data, size_t len, void *user)
{
    randombytes_buf(data, len);
    return 0;
}

/* L9: the context is NULL before anything can fail, and NULL is fine to clean: the library cleans
 * up what a failed init left in an uninitialised variable. */
static int
hmac_start(void **context, const uint8_t *key, size_t len, void *user)
{
    *context = NULL;
    *context = hmac_new(SPAN(key, len));
    return *context != NULL ? 0 : SG_ERR_NOMEM;
}

static int
hmac_add(void *context, const uint8_t *data, size_t len, void *user)
{
    hmac_update(context, SPAN(data, len));
    return 0;
}

static int
hmac_end(void *context, signal_buffer **output, void *user)
{
    uint8_t mac[32];

    hmac_final(context, mac);
    *output = signal_buffer_create(mac, sizeof mac);
    sodium_memzero(mac, sizeof mac);
    return *output != NULL ? 0 : SG_ERR_NOMEM;
}

static void
hmac_drop(void *context, void *user)
{
    hmac_free(context);
}

static int
sha512_start(void **context, void *user)
{
    crypto_hash_sha512_state *state = malloc(sizeof *state);

    *context = state;
    if (state == NULL)
        return SG_ERR_NOMEM;
    crypto_hash_sha512_init(state);
    return 0;
}

static int
sha512_add(void *context, const uint8_t *data, size_t len, void *user)
{
    crypto_hash_sha512_update(context, data, len);
    return 0;
}

static int
sha512_end(void *context, signal_buffer **output, void *user)
{
    uint8_t hash[crypto_hash_sha512_BYTES];

    crypto_hash_sha512_final(context, hash);
    crypto_hash_sha512_init(context); /* ready for use again, as the library asks */
    *output = signal_buffer_create(hash, sizeof hash);
    sodium_memzero(hash, sizeof hash);
    return *output != NULL ? 0 : SG_ERR_NOMEM;
}

static void
sha512_drop(void *context, void *user)
{
    if (context != NULL)
        sodium_memzero(context, sizeof(crypto_hash_sha512_state));
    free(context);
}

/* What encrypting and decrypting share: AES-256-CBC with PKCS#7, the only cipher of version 3. */
struct aes_call {
    int cipher;
    const uint8_t *key;
    size_t key_len;
    const uint8_t *iv;
    size_t iv_len;
    struct span in;
};

static EVP_CIPHER *aes; /* fetched once: the lookup costs more than a short message */

static void
evp_free(EVP_CIPHER_CTX **c)
{
    EVP_CIPHER_CTX_free(*c);
}

static int
aes_run(const struct aes_call *c, int encrypt, signal_buffer **output)
{
    AUTO(evp_free) EVP_CIPHER_CTX *evp = EVP_CIPHER_CTX_new();
    AUTO(buf_done) struct buf out = BUF(SIGNAL_MESSAGE_MAX + 32);
    int first = 0, last = 0;

    if (c->cipher != SG_CIPHER_AES_CBC_PKCS5 || c->key_len != 32 || c->iv_len != 16 ||
        c->in.n > SIGNAL_MESSAGE_MAX)
        return SG_ERR_INVAL;
    uint8_t *p = buf_grow(&out, c->in.n + 16);
    if (evp == NULL || p == NULL)
        return SG_ERR_NOMEM;
    if (EVP_CipherInit_ex2(evp, aes, c->key, c->iv, encrypt, NULL) != 1 ||
        EVP_CipherUpdate(evp, p, &first, c->in.p, (int)c->in.n) != 1 ||
        EVP_CipherFinal_ex(evp, p + first, &last) != 1)
        return SG_ERR_INVALID_MESSAGE;
    *output = signal_buffer_create(p, (size_t)(first + last));
    return *output != NULL ? 0 : SG_ERR_NOMEM;
}

static int
aes_encrypt(signal_buffer **output, int cipher, const uint8_t *key, size_t key_len,
            const uint8_t *iv, size_t iv_len, const uint8_t *in, size_t in_len, void *user)
{
    struct aes_call c = {cipher, key, key_len, iv, iv_len, SPAN(in, in_len)};
    return aes_run(&c, 1, output);
}

static int
aes_decrypt(signal_buffer **output, int cipher, const uint8_t *key, size_t key_len,
            const uint8_t *iv, size_t iv_len, const uint8_t *in, size_t in_len, void *user)
{
    struct aes_call c = {cipher, key, key_len, iv, iv_len, SPAN(in, in_len)};
    return aes_run(&c, 0, output);
}

static const signal_crypto_provider provider = {
    .random_func = random_bytes,
    .hmac_sha256_init_func = hmac_start,
    .hmac_sha256_update_func = hmac_add,
    .hmac_sha256_final_func = hmac_end,
    .hmac_sha256_cleanup_func = hmac_drop,
    .sha512_digest_init_func = sha512_start,
    .sha512_digest_update_func = sha512_add,
    .sha512_digest_final_func = sha512_end,
    .sha512_digest_cleanup_func = sha512_drop,
    .encrypt_func = aes_encrypt,
    .decrypt_func = aes_decrypt,
};

/* The library frees the keys and the session records that it was handed, and plaintexts on the way
 * to an error, as they are. Its shared object calls this through the PLT, so that ours takes its
 * place, as our X25519 does (crypto/curve25519_donna); a test proves that it is in force. */
void
signal_buffer_free(signal_buffer *buffer)
{
    signal_buffer_bzero_free(buffer);
}

/* L7: the library takes its lock while it holds it. */
static pthread_mutex_t mutex;

static void
lock(void *user)
{
    pthread_mutex_lock(&mutex);
}

static void
unlock(void *user)
{
    pthread_mutex_unlock(&mutex);
}

static void
say_nothing(int level, const char *message, size_t len, void *user)
{
}

static signal_context *context;

static void
start(void)
{
    pthread_mutexattr_t recursive;

    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&mutex, &recursive);
    pthread_mutexattr_destroy(&recursive);

    aes = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    if (aes == NULL || signal_context_create(&context, NULL) != 0)
        return;
    if (signal_context_set_crypto_provider(context, &provider) != 0 ||
        signal_context_set_locking_functions(context, lock, unlock) != 0 ||
        signal_context_set_log_function(context, say_nothing) != 0) {
        signal_context_destroy(context);
        context = NULL;
    }
}

signal_context *
glue_context(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, start);
    return context;
}

enum err
glue_error(int e)
{
    switch (e) {
    case SG_ERR_NOMEM:
        return ERR_MEMORY;
    case SG_ERR_DUPLICATE_MESSAGE:
        return fail(ERR_STALE, "this message's key was used before");
    case SG_ERR_INVALID_KEY:
    case SG_ERR_INVALID_VERSION:
    case SG_ERR_LEGACY_MESSAGE:
    case SG_ERR_INVALID_PROTO_BUF:
        return fail(ERR_MALFORMED, "the message is not one of the ratchet's");
    case SG_ERR_NO_SESSION:
        return fail(ERR_NO_SESSION, "there is no session with this device");
    case SG_ERR_UNTRUSTED_IDENTITY:
        return fail(ERR_UNTRUSTED, "the session is with a key that the account does not name");
    default:
        return fail(ERR_DECRYPT, "the ratchet refused the message");
    }
}
