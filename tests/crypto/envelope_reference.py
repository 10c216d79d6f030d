#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The envelope (docs/PROTOCOL.md B5) a second time, to check the first by.

Written from the standards and from docs/PROTOCOL.md, with nothing but Python's own hashes: X25519
(RFC 7748), XChaCha20-Poly1305 (RFC 8439 and its XChaCha draft), HKDF (RFC 5869), ML-KEM-768 (FIPS
203), and the packing of the sender. Slow, not constant time, and for tests only.

    envelope_reference.py                  print the vectors
    envelope_reference.py --check FILE     compare them with FILE
"""
import hashlib
import hmac
import json
import sys

# --- X25519, RFC 7748 section 5 ---

P = 2**255 - 19


def x25519(scalar, point):
    k = int.from_bytes(scalar, "little")
    k = k & ~7 & (2**255 - 1) | 2**254
    u = int.from_bytes(point, "little") & (2**255 - 1)
    x2, z2, x3, z3 = 1, 0, u, 1
    for t in reversed(range(255)):
        bit = k >> t & 1
        if bit:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, u * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
        if bit:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


BASE = (9).to_bytes(32, "little")

# --- XChaCha20-Poly1305, RFC 8439 and draft-irtf-cfrg-xchacha ---

M32 = 2**32 - 1
SIGMA = list(b"expand 32-byte k"[i : i + 4] for i in range(0, 16, 4))


def words(data):
    return [int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data), 4)]


def chacha_rounds(s):
    def quarter(a, b, c, d):
        s[a] = s[a] + s[b] & M32
        x = s[d] ^ s[a]
        s[d] = (x << 16 | x >> 16) & M32
        s[c] = s[c] + s[d] & M32
        x = s[b] ^ s[c]
        s[b] = (x << 12 | x >> 20) & M32
        s[a] = s[a] + s[b] & M32
        x = s[d] ^ s[a]
        s[d] = (x << 8 | x >> 24) & M32
        s[c] = s[c] + s[d] & M32
        x = s[b] ^ s[c]
        s[b] = (x << 7 | x >> 25) & M32

    for _ in range(10):
        for i in range(4):
            quarter(i, i + 4, i + 8, i + 12)
        for i in range(4):
            quarter(i, (i + 1) % 4 + 4, (i + 2) % 4 + 8, (i + 3) % 4 + 12)
    return s


def chacha_block(key, counter, nonce12):
    start = words(b"".join(SIGMA)) + words(key) + [counter] + words(nonce12)
    end = chacha_rounds(start[:])
    return b"".join(((a + b) & M32).to_bytes(4, "little") for a, b in zip(start, end))


def hchacha(key, nonce16):
    s = chacha_rounds(words(b"".join(SIGMA)) + words(key) + words(nonce16))
    return b"".join(w.to_bytes(4, "little") for w in s[:4] + s[12:])


def poly1305(key, data):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    s = int.from_bytes(key[16:], "little")
    a = 0
    for i in range(0, len(data), 16):
        a = (a + int.from_bytes(data[i : i + 16] + b"\1", "little")) * r % (2**130 - 5)
    return (a + s & 2**128 - 1).to_bytes(16, "little")


def aead(key, nonce24, ad, plain):
    key = hchacha(key, nonce24[:16])
    nonce = bytes(4) + nonce24[16:]
    stream = b"".join(chacha_block(key, 1 + i, nonce) for i in range((len(plain) + 63) // 64))
    c = bytes(a ^ b for a, b in zip(plain, stream))

    def fill(data):
        return data + bytes(-len(data) % 16)

    lengths = len(ad).to_bytes(8, "little") + len(c).to_bytes(8, "little")
    return c + poly1305(chacha_block(key, 0, nonce)[:32], fill(ad) + fill(c) + lengths)


# --- HKDF, RFC 5869; H and the labels, B1.2 ---


def hkdf(salt, ikm, info, n):
    prk = hmac.new(salt, ikm, hashlib.sha256).digest()
    out, block, i = b"", b"", 1
    while len(out) < n:
        block = hmac.new(prk, block + info + bytes([i]), hashlib.sha256).digest()
        out, i = out + block, i + 1
    return out[:n]


def H(label, *parts):
    return hashlib.sha256(b"snug/1 " + label + b"\0" + b"".join(parts)).digest()


# --- ML-KEM-768, FIPS 203 ---

Q = 3329


def bit_reverse(i):
    return int(format(i, "07b")[::-1], 2)


ZETA = [pow(17, bit_reverse(i), Q) for i in range(128)]
GAMMA = [pow(17, 2 * bit_reverse(i) + 1, Q) for i in range(128)]


def ntt(f):
    f, i = f[:], 1
    for length in (128, 64, 32, 16, 8, 4, 2):
        for start in range(0, 256, 2 * length):
            for j in range(start, start + length):
                t = ZETA[i] * f[j + length]
                f[j], f[j + length] = (f[j] + t) % Q, (f[j] - t) % Q
            i += 1
    return f


def inverse_ntt(f):
    f, i = f[:], 127
    for length in (2, 4, 8, 16, 32, 64, 128):
        for start in range(0, 256, 2 * length):
            for j in range(start, start + length):
                t = f[j]
                f[j] = (t + f[j + length]) % Q
                f[j + length] = ZETA[i] * (f[j + length] - t) % Q
            i -= 1
    return [x * 3303 % Q for x in f]


def multiply(f, g):
    h = []
    for i in range(128):
        a0, a1, b0, b1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        h += [(a0 * b0 + a1 * b1 * GAMMA[i]) % Q, (a0 * b1 + a1 * b0) % Q]
    return h


def add(*polys):
    return [sum(c) % Q for c in zip(*polys)]


def encode(f, d):
    bits = sum(c << d * i for i, c in enumerate(f))
    return bits.to_bytes(32 * d, "little")


def decode(data, d):
    bits = int.from_bytes(data, "little")
    return [bits >> d * i & (1 << d) - 1 for i in range(256)]


def compress(f, d):
    return [(2 * (x << d) + Q) // (2 * Q) % (1 << d) for x in f]


def decompress(f, d):
    return [(2 * x * Q + (1 << d)) >> d + 1 for x in f]


def sample_uniform(seed):
    data, out, i = hashlib.shake_128(seed).digest(3 * 1000), [], 0
    while len(out) < 256:
        a, b, c = data[i : i + 3]
        out += [v for v in (a + 256 * (b % 16), b // 16 + 16 * c) if v < Q]
        i += 3
    return out[:256]


def sample_small(seed, n):
    bits = int.from_bytes(hashlib.shake_256(seed + bytes([n])).digest(128), "little")
    b = [bits >> i & 1 for i in range(1024)]
    return [(b[i] + b[i + 1] - b[i + 2] - b[i + 3]) % Q for i in range(0, 1024, 4)]


def matrix(rho):
    return [[sample_uniform(rho + bytes([j, i])) for j in range(3)] for i in range(3)]


def mlkem_public(d):
    g = hashlib.sha3_512(d + bytes([3])).digest()
    rho, sigma = g[:32], g[32:]
    a = matrix(rho)
    s = [ntt(sample_small(sigma, n)) for n in range(3)]
    e = [ntt(sample_small(sigma, 3 + n)) for n in range(3)]
    t = [add(e[i], *(multiply(a[i][j], s[j]) for j in range(3))) for i in range(3)]
    return b"".join(encode(p, 12) for p in t) + rho


def mlkem_encapsulate(ek, m):
    g = hashlib.sha3_512(m + hashlib.sha3_256(ek).digest()).digest()
    shared, coins = g[:32], g[32:]
    t = [decode(ek[384 * i : 384 * i + 384], 12) for i in range(3)]
    a = matrix(ek[1152:])
    y = [ntt(sample_small(coins, n)) for n in range(3)]
    e1 = [sample_small(coins, 3 + n) for n in range(3)]
    e2 = sample_small(coins, 6)
    u = [
        add(inverse_ntt(add(*(multiply(a[j][i], y[j]) for j in range(3)))), e1[i])
        for i in range(3)
    ]
    v = add(
        inverse_ntt(add(*(multiply(t[j], y[j]) for j in range(3)))),
        e2,
        decompress(decode(m, 1), 1),
    )
    c = b"".join(encode(compress(p, 10), 10) for p in u) + encode(compress(v, 4), 4)
    return c, shared


# --- the envelope, B5 ---


def field(number, value):
    """One Protocol Buffers field: a varint, or bytes."""

    def varint(v):
        return bytes([v]) if v < 128 else bytes([v % 128 + 128]) + varint(v // 128)

    if isinstance(value, int):
        return varint(number * 8) + varint(value)
    return varint(number * 8 + 2) + varint(len(value)) + value


def seal(v):
    """The envelope for a vector's inputs, in the order of B5."""
    dak = x25519(v["dak_secret"], BASE)
    sender = (
        field(1, v["sender_account"])
        + field(2, v["sender_device"])
        + field(3, dak)
        + field(4, v["sender_address"].encode())
        + field(5, v["manifest_seq"])
        + field(6, v["manifest_hash"])
    )
    header = (len(sender).to_bytes(2, "big") + sender).ljust(240, b"\0")
    body = (
        bytes([v["type"]])
        + len(v["manifest"]).to_bytes(2, "big")
        + v["manifest"]
        + len(v["message"]).to_bytes(4, "big")
        + v["message"]
    )
    size = min(s for s in (4096, 16384, 65536) if s - 1381 - 16 >= len(body))
    body = body.ljust(size - 1381 - 16, b"\0")

    eks_x = x25519(v["eks_x_secret"], BASE)
    eks_ek = mlkem_public(v["eks_mlkem_seed"][:32])
    kem_ct, kem_ss = mlkem_encapsulate(eks_ek, v["m"])
    e_pk = x25519(v["e_secret"], BASE)
    E = b"\x01" + v["eks_id"].to_bytes(4, "big") + e_pk + kem_ct
    th1 = H(b"env th1", E, eks_x, eks_ek, v["account"], bytes([v["device"]]))
    ikm1 = kem_ss + x25519(v["e_secret"], eks_x)
    keys = hkdf(th1, ikm1, b"snug/1 env sender", 64)
    k1, ck = keys[:32], keys[32:]
    c1 = aead(k1, bytes(24), th1, header)
    th2 = H(b"env th2", th1, c1)
    ikm2 = ck + x25519(v["dak_secret"], eks_x)
    k2 = hkdf(th2, ikm2, b"snug/1 env body", 32)
    return E + c1 + aead(k2, bytes(24), th2, body)


# --- the vectors ---


def filler(n):
    """N bytes that the C test can make too."""
    return bytes((131 * i + (i >> 8)) % 256 for i in range(n))


def inputs(number, kind, manifest_len, message_len):
    stream = hashlib.shake_128(b"snug envelope vector %d" % number).digest(1000)

    def take(n):
        nonlocal stream
        taken, stream = stream[:n], stream[n:]
        return taken

    return {
        "account": take(32),
        "device": 1 + number % 63,
        "eks_id": 1 + int.from_bytes(take(4), "big") // 2,
        "eks_x_secret": take(32),
        "eks_mlkem_seed": take(64),
        "e_secret": take(32),
        "m": take(32),
        "dak_secret": take(32),
        "sender_account": take(32),
        "sender_device": 1 + number,
        "sender_address": "a%d@relay.example:%d" % (number, 8443 + number),
        "manifest_seq": 1 + 200 * number,
        "manifest_hash": take(32),
        "type": kind,
        "manifest": filler(manifest_len),
        "message": filler(message_len),
    }


CASES = [  # type, length of the manifest, length of the message
    (1, 0, 300),
    (2, 533, 1000),
    (2, 0, 2692),  # B1 to its last byte
    (2, 0, 2693),  # the first that needs B2
    (1, 643, 14337),  # B2 to its last byte
    (1, 533, 14448),  # the first that needs B3
    (2, 8192, 55940),  # B3 to its last byte
    (2, 0, 0),
]


def vectors():
    out = []
    for number, case in enumerate(CASES):
        v = inputs(number, *case)
        envelope = seal(v)
        text = {k: x.hex() if isinstance(x, bytes) else x for k, x in v.items()}
        text["manifest"], text["message"] = len(v["manifest"]), len(v["message"])
        text["size"] = len(envelope)
        text["sha256"] = hashlib.sha256(envelope).hexdigest()
        if number < 2:
            text["envelope"] = envelope.hex()
        out.append(text)
    return out


def main():
    made = vectors()
    if sys.argv[1:2] == ["--check"]:
        with open(sys.argv[2], encoding="ascii") as f:
            if json.load(f)["vectors"] != made:
                sys.exit("the vectors differ from " + sys.argv[2])
        print("%d vectors agree" % len(made))
        return
    note = "Made by tests/crypto/envelope_reference.py; manifest and message are lengths of filler."
    json.dump({"note": note, "vectors": made}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
