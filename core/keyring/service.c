/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/keyring/service.h"

#include <libsecret/secret.h>
#include <string.h>

/* Two letters a byte, and the end. */
#define HEX(n) (2 * (n) + 1)

static const SecretSchema schema = {
    .name = "im.snug.Snug.Profile",
    .flags = SECRET_SCHEMA_NONE,
    .attributes = {{"slot", SECRET_SCHEMA_ATTRIBUTE_STRING}, {NULL, 0}},
};

static void
to_hex(const uint8_t *bytes, size_t n, char *ret)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        ret[2 * i] = digits[bytes[i] >> 4];
        ret[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret[2 * n] = '\0';
}

/* FALSE: TEXT is not N bytes in hex. */
static gboolean
from_hex(const char *text, gsize length, uint8_t *ret, size_t n)
{
    if (length != 2 * n)
        return FALSE;
    for (size_t i = 0; i < n; i++) {
        int high = g_ascii_xdigit_value(text[2 * i]), low = g_ascii_xdigit_value(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return FALSE;
        ret[i] = (uint8_t)(high << 4 | low);
    }
    return TRUE;
}

static GHashTable *
attributes_of(const struct keyring_job *job)
{
    char id[HEX(KEYRING_ID)];

    to_hex(job->id, KEYRING_ID, id);
    return secret_attributes_build(&schema, "slot", id, NULL);
}

/* Nobody at the bus by that name, or no bus, is another thing than a no. */
static enum keyring_verdict
verdict_of(const GError *e)
{
    if (g_error_matches(e, SECRET_ERROR, SECRET_ERROR_IS_LOCKED) ||
        g_error_matches(e, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return KEYRING_CLOSED;
    if (g_error_matches(e, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
        g_error_matches(e, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
        e->domain == G_SPAWN_ERROR || e->domain == G_IO_ERROR)
        return KEYRING_NO_SERVICE;
    if (g_error_matches(e, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
        g_error_matches(e, G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT))
        return KEYRING_SILENT;
    return KEYRING_FAILED;
}

/* The item of the job, with its secret if that can be had; NULL without one. */
static enum keyring_verdict
find(SecretService *service, const struct keyring_job *job, SecretSearchFlags flags,
     SecretItem **ret)
{
    g_autoptr(GHashTable) attributes = attributes_of(job);
    g_autoptr(GError) error = NULL;
    GList *items = secret_service_search_sync(service, &schema, attributes, flags, NULL, &error);

    if (error != NULL)
        return verdict_of(error);
    if (items == NULL)
        return KEYRING_NO_ITEM;
    *ret = g_object_ref(items->data);
    g_list_free_full(items, g_object_unref);
    return KEYRING_DONE;
}

static enum keyring_verdict
take_secret(SecretItem *item, uint8_t ret[KEYRING_SECRET])
{
    SecretValue *value = secret_item_get_secret(item);
    gsize length;

    if (value == NULL)
        return KEYRING_FAILED;
    const char *text = secret_value_get(value, &length);
    gboolean ours = from_hex(text, length, ret, KEYRING_SECRET);
    secret_value_unref(value);
    return ours ? KEYRING_DONE : KEYRING_FOREIGN;
}

/* Looked at first without a question: so a keyring that says nothing is told from a person who
 * takes their time. */
static enum keyring_verdict
read_item(SecretService *service, const struct keyring_job *job, void (*patience)(unsigned),
          uint8_t ret[KEYRING_SECRET])
{
    g_autoptr(SecretItem) item = NULL;
    enum keyring_verdict v = find(service, job, SECRET_SEARCH_LOAD_SECRETS, &item);

    if (v == KEYRING_DONE && secret_item_get_locked(item) && job->asks == KEYRING_MAY_ASK) {
        g_clear_object(&item);
        patience(KEYRING_PERSON_WAIT);
        v = find(service, job, SECRET_SEARCH_UNLOCK | SECRET_SEARCH_LOAD_SECRETS, &item);
    }
    if (v != KEYRING_DONE)
        return v;
    return secret_item_get_locked(item) ? KEYRING_CLOSED : take_secret(item, ret);
}

static enum keyring_verdict
store_item(SecretService *service, const struct keyring_job *job, void (*patience)(unsigned))
{
    g_autoptr(GHashTable) attributes = attributes_of(job);
    g_autofree char *label = g_strdup_printf("Snug: %s", job->name);
    g_autoptr(GError) error = NULL;
    char secret[HEX(KEYRING_SECRET)];

    to_hex(job->secret, KEYRING_SECRET, secret);
    SecretValue *value = secret_value_new(secret, sizeof secret - 1, "text/plain");
    explicit_bzero(secret, sizeof secret);
    if (job->asks == KEYRING_MAY_ASK)
        patience(KEYRING_PERSON_WAIT);
    gboolean stored = secret_service_store_sync(
        service, &schema, attributes, SECRET_COLLECTION_DEFAULT, label, value, NULL, &error);
    secret_value_unref(value);
    return stored ? KEYRING_DONE : verdict_of(error);
}

/* By itself: libsecret's clearing passes over what is locked, and says that all went well. */
static enum keyring_verdict
delete_item(SecretService *service, const struct keyring_job *job, void (*patience)(unsigned))
{
    g_autoptr(SecretItem) item = NULL;
    g_autoptr(GError) error = NULL;
    enum keyring_verdict v = find(service, job, SECRET_SEARCH_NONE, &item);

    if (v == KEYRING_DONE && secret_item_get_locked(item) && job->asks == KEYRING_MAY_ASK) {
        g_clear_object(&item);
        patience(KEYRING_PERSON_WAIT);
        v = find(service, job, SECRET_SEARCH_UNLOCK, &item);
    }
    if (v != KEYRING_DONE)
        return v == KEYRING_NO_ITEM ? KEYRING_DONE : v;
    if (secret_item_get_locked(item))
        return KEYRING_CLOSED;
    secret_item_delete_sync(item, NULL, &error);
    return error == NULL ? KEYRING_DONE : verdict_of(error);
}

static enum keyring_verdict
work(SecretService *service, const struct keyring_job *job, void (*patience)(unsigned),
     uint8_t ret[KEYRING_SECRET])
{
    if (g_strcmp0(secret_service_get_session_algorithms(service), "plain") == 0)
        return KEYRING_OPEN_TALK;
    switch (job->work) {
    case KEYRING_READ:
        return read_item(service, job, patience, ret);
    case KEYRING_STORE:
        return store_item(service, job, patience);
    default:
        return delete_item(service, job, patience);
    }
}

void
service_work(const struct keyring_job *job, void (*patience)(unsigned), struct keyring_result *ret)
{
    g_autoptr(GError) error = NULL;

    patience(KEYRING_WAIT);
    SecretService *service = secret_service_get_sync(SECRET_SERVICE_OPEN_SESSION, NULL, &error);
    *ret = (struct keyring_result){.verdict = KEYRING_FAILED};
    ret->verdict = service == NULL ? verdict_of(error) : work(service, job, patience, ret->secret);
    g_clear_object(&service);
    if (ret->verdict != KEYRING_DONE)
        explicit_bzero(ret->secret, sizeof ret->secret);
}
