/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The certificate a relay signs for itself on its first start. Clients trust it by its pin, so what
 * is in it matters little: names for people who look, and a P-256 key because every TLS library
 * takes one.
 */
#include <arpa/inet.h>
#include <unistd.h>

#include "relay/files.h"
#include "relay/tls.h"
#include "relay/tls_openssl.h"

#define VALID_DAYS (20 * 365)
#define PEM_MAX (16 * 1024)

static void
bio_done(BIO **b)
{
    BIO_free(*b);
}

static void
pkey_done(EVP_PKEY **k)
{
    EVP_PKEY_free(*k);
}

static void
x509_done(X509 **x)
{
    X509_free(*x);
}

static enum err
put_bio(const char *path, BIO *bio)
{
    char *p = NULL;
    long n = BIO_get_mem_data(bio, &p);
    if (n <= 0)
        return fail(ERR_MEMORY, "%s: nothing to write", path);
    return file_put(path, SPAN(p, (size_t)n));
}

/* The key in PATH, or a new one written there. */
static enum err
key_load_or_make(const char *path, EVP_PKEY **ret)
{
    AUTO(buf_done) struct buf pem = BUF(PEM_MAX);
    enum err e = file_get(path, &pem);
    if (e == OK) {
        AUTO(bio_done) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
        EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
        if (key == NULL)
            return fail(ERR_MALFORMED, "%s holds no private key", path);
        *ret = key;
        return OK;
    }
    if (e != ERR_NOT_FOUND)
        return e;
    AUTO(pkey_done) EVP_PKEY *key = EVP_EC_gen("P-256");
    AUTO(bio_done) BIO *bio = BIO_new(BIO_s_secmem());
    if (key == NULL || bio == NULL ||
        PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
        return fail(ERR_MEMORY, "no key could be made");
    TRY(put_bio(path, bio));
    *ret = STEAL(key);
    return OK;
}

/* One entry of subjectAltName for "relay.example", "192.0.2.1" or "[2001:db8::1]". */
static void
put_alternative_name(struct buf *out, const char *host)
{
    struct in_addr v4;
    size_t n = strlen(host);

    if (out->n > 0)
        buf_put_u8(out, ',');
    if (host[0] == '[' && n > 2)
        buf_printf(out, "IP:%.*s", (int)n - 2, host + 1);
    else
        buf_printf(out, "%s:%s", inet_pton(AF_INET, host, &v4) == 1 ? "IP" : "DNS", host);
}

static bool
put_extension(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *x = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    bool ok = x != NULL && X509_add_ext(cert, x, -1) == 1;
    X509_EXTENSION_free(x);
    return ok;
}

static bool
put_serial(X509 *cert)
{
    BIGNUM *n = BN_new();
    bool ok = n != NULL && BN_rand(n, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
              BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL;
    BN_free(n);
    return ok;
}

static bool
fill(X509 *cert, EVP_PKEY *key, const char *names)
{
    static const unsigned char common_name[] = "snug-relay";
    X509_NAME *subject = X509_get_subject_name(cert);

    return X509_set_version(cert, X509_VERSION_3) == 1 && put_serial(cert) &&
           X509_gmtime_adj(X509_getm_notBefore(cert), -SECONDS_A_DAY) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(cert), (long)VALID_DAYS * SECONDS_A_DAY) != NULL &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1 &&
           X509_set_issuer_name(cert, subject) == 1 && X509_set_pubkey(cert, key) == 1 &&
           put_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
           put_extension(cert, NID_ext_key_usage, "serverAuth") &&
           put_extension(cert, NID_subject_alt_name, names) &&
           X509_sign(cert, key, EVP_sha256()) > 0;
}

enum err
tls_make_certificate(const char *cert, const char *key, const char *const *hosts, size_t host_count)
{
    AUTO(pkey_done) EVP_PKEY *pkey = NULL;
    AUTO(x509_done) X509 *x = X509_new();
    AUTO(bio_done) BIO *bio = BIO_new(BIO_s_mem());
    AUTO(buf_done) struct buf names = BUF(PEM_MAX);

    for (size_t i = 0; i < host_count; i++)
        put_alternative_name(&names, hosts[i]);
    buf_put_u8(&names, 0);
    TRY(buf_ok(&names));
    TRY(key_load_or_make(key, &pkey));
    if (x == NULL || bio == NULL || !fill(x, pkey, (const char *)names.p) ||
        PEM_write_bio_X509(bio, x) != 1)
        return fail(ERR_IO, "no certificate could be made for these names");
    return put_bio(cert, bio);
}
