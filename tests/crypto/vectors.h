/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading test vectors in JSON: ours in tests/vectors, and the Wycheproof files where they lie
 * beside the source tree, in ../shared/vectors/wycheproof.
 */
#pragma once

#include <jansson.h>

#include "tests/check.h"

/* The Wycheproof file NAME, or NULL after a word that it is not there: skip() then. */
json_t *wycheproof(const char *name);

/* The file NAME of tests/vectors, which has to be there. */
json_t *our_vectors(const char *name);

/* A field that must be a string. */
const char *text_field(const json_t *object, const char *name);

/* A field in hex, to be ended with buf_done. */
struct buf hex_field(const json_t *object, const char *name);

/* A field in hex of exactly N bytes. */
void hex_field_exact(const json_t *object, const char *name, uint8_t *ret, size_t n);

/* Every test of every group of a Wycheproof file. */
#define for_each_test(file, group, test)                                                           \
    for (size_t g_ = 0; g_ < json_array_size(json_object_get(file, "testGroups")); g_++)           \
        for (json_t *group = json_array_get(json_object_get(file, "testGroups"), g_),              \
                    *t_ = json_object_get(group, "tests"), *test = NULL;                           \
             test == NULL; test = group)                                                           \
            for (size_t i_ = 0; i_ < json_array_size(t_) && (test = json_array_get(t_, i_)); i_++)
