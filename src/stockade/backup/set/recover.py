"""Opens a Stockade backup without Stockade: Python's standard library is enough.

Nothing here connects to a network. What it writes opens every key: keep it off other machines,
and destroy it when you are done. RECOVERY.txt says how to use this program.
"""

import base64, getpass, hashlib, hmac, json, os, sys
from pathlib import Path

USAGE = """python3 recover.py COMMAND, one of
  identity TEXT            the age identity of a wallet, from its answer on standard input
  restore SET NEW-FOLDER IDENTITY..   the keystores and their password, from identity files
  decrypt IDENTITY FILE    what `age --decrypt --identity IDENTITY FILE` prints
  combine SHARE..          the secret of several custodians' shares
  check SET SECRET         whether that is the secret of this set
  password SECRET          the password of its keystores
  files SECRET             the age identity that opens its sealed files and exits
  open KEYSTORE PASSWORD-FILE   a keystore's signing key
  derive TEXT INDEX        a key that the wallet derives, from its answer on standard input"""


def require(condition, why):
    if not condition:
        sys.exit(f"recover.py: {why}")


def extract(salt, ikm):
    return hmac.digest(salt, ikm, hashlib.sha256)


def expand(prk, info, length):
    out, block = b"", b""
    for i in range(1, -(-length // 32) + 1):
        block = hmac.digest(prk, block + info + bytes([i]), hashlib.sha256)
        out += block
    return out[:length]


def hkdf(ikm, salt, info):
    return expand(extract(salt.encode(), ikm), info.encode(), 32)


def device_secret(text, answer):
    """Derives the secret from a wallet's answer: a signature (65 bytes), or slip11-v1's 32 bytes."""
    if len(answer) == 32:
        return hkdf(answer, "stockade/device-secret/slip11-v1", text)
    require(len(answer) == 65, "neither a signature of 65 bytes nor an answer of 32 bytes")
    return hkdf(answer[:64], "stockade/device-secret/eip191-v1", text)


LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def checksum(hrp, words):
    check = 1
    for value in [ord(c) >> 5 for c in hrp] + [0] + [ord(c) & 31 for c in hrp] + words:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for i, part in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= part if top >> i & 1 else 0
    return check


def age_identity(secret):
    """Encodes the secret in Bech32, as age writes an identity."""
    hrp, bits = "age-secret-key-", "".join(f"{byte:08b}" for byte in secret) + "0000"
    words = [int(bits[i : i + 5], 2) for i in range(0, 260, 5)]
    check = checksum(hrp, words + [0] * 6) ^ 1
    words += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return (hrp + "1" + "".join(LETTERS[word] for word in words)).upper()


def identity_secret(text):
    """Decodes an identity that age or age_identity wrote."""
    hrp, _, data = text.lower().rpartition("1")
    require(len(data) == 58 and set(data) <= set(LETTERS), "not an age identity")
    words = [LETTERS.index(letter) for letter in data]
    require(hrp == "age-secret-key-" and checksum(hrp, words) == 1, "a mistyped age identity")
    bits = "".join(f"{word:05b}" for word in words[:-6])
    return bytes(int(bits[i : i + 8], 2) for i in range(0, 256, 8))


P = 2**255 - 19


def x25519(scalar, point):
    """Multiplies a point of Curve25519 (RFC 7748)."""
    k = int.from_bytes(scalar, "little") & ~7 & (1 << 254) - 1 | 1 << 254
    x1 = int.from_bytes(point, "little") & (1 << 255) - 1
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in range(254, -1, -1):
        bit = k >> t & 1
        if swap != bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def chacha20(key, nonce, counter):
    """One block of 64 bytes of the key stream (RFC 8439)."""
    start = b"expand 32-byte k" + key + counter.to_bytes(4, "little") + nonce
    words = [int.from_bytes(start[i : i + 4], "little") for i in range(0, 64, 4)]
    s = list(words)
    rounds = [(i, i + 4, i + 8, i + 12) for i in range(4)]
    rounds += [(i, (i + 1) % 4 + 4, (i + 2) % 4 + 8, (i + 3) % 4 + 12) for i in range(4)]
    for _ in range(10):
        for a, b, c, d in rounds:
            for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                s[x] = s[x] + s[y] & 0xFFFFFFFF
                mixed = s[z] ^ s[x]
                s[z] = (mixed << turn | mixed >> 32 - turn) & 0xFFFFFFFF
    return b"".join((a + b & 0xFFFFFFFF).to_bytes(4, "little") for a, b in zip(s, words))


def unseal(key, nonce, sealed):
    """Opens ChaCha20-Poly1305 without further data; None if the key is another."""
    message, tag = sealed[:-16], sealed[-16:]
    first = chacha20(key, nonce, 0)
    r = int.from_bytes(first[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    padded = message + bytes(-len(message) % 16)
    padded += bytes(8) + len(message).to_bytes(8, "little")
    total = 0
    for i in range(0, len(padded), 16):
        block = int.from_bytes(padded[i : i + 16] + b"\1", "little")
        total = (total + block) * r % (2**130 - 5)
    total = (total + int.from_bytes(first[16:32], "little")) % 2**128
    if not hmac.compare_digest(total.to_bytes(16, "little"), tag):
        return None
    blocks = range(0, len(message), 64)
    stream = b"".join(chacha20(key, nonce, i // 64 + 1) for i in blocks)
    return bytes(a ^ b for a, b in zip(message, stream))


def from_base64(text):
    return base64.b64decode(text + "=" * (-len(text) % 4))


def age_stanzas(header):
    """The recipients of an age file: their words, and what is sealed to them."""
    lines = iter(header.decode().split("\n")[1:])
    for line in lines:
        words, body = line.split(" ")[1:], ""
        for part in lines:
            body += part
            if len(part) < 64:
                break
        yield words, from_base64(body)


def file_key(words, body, secret, passphrase):
    """What a stanza gives to the identity or the passphrase."""
    if words[0] == "X25519" and secret:
        ephemeral = from_base64(words[1])
        own = x25519(secret, (9).to_bytes(32, "little"))
        shared = x25519(secret, ephemeral)
        key = expand(extract(ephemeral + own, shared), b"age-encryption.org/v1/X25519", 32)
        return unseal(key, bytes(12), body)
    if words[0] == "scrypt" and passphrase is not None:
        require(int(words[2]) <= 20, "its passphrase takes too long to check")
        salt, n = b"age-encryption.org/v1/scrypt" + from_base64(words[1]), 2 ** int(words[2])
        key = hashlib.scrypt(passphrase, salt=salt, n=n, r=8, p=1, dklen=32, maxmem=2**31 - 1)
        return unseal(key, bytes(12), body)
    return None


def age_decrypt(sealed, secret=None, passphrase=None):
    """Opens an age file (age-encryption.org/v1); None if it is sealed to somebody else."""
    header, mark, rest = sealed.partition(b"\n---")
    require(header.startswith(b"age-encryption.org/v1\n") and mark, "not an age file")
    mac, _, payload = rest.partition(b"\n")
    keys = (file_key(words, body, secret, passphrase) for words, body in age_stanzas(header))
    key = next((key for key in keys if key), None)
    if key is None:
        return None
    of_header = expand(extract(b"", key), b"header", 32)
    whole = hmac.digest(of_header, header + mark, hashlib.sha256)
    require(hmac.compare_digest(whole, from_base64(mac.decode().strip())), "its header is damaged")
    stream = expand(extract(payload[:16], key), b"payload", 32)
    chunks = [payload[i : i + 65552] for i in range(16, len(payload), 65552)]
    plain = b""
    for i, chunk in enumerate(chunks):
        opened = unseal(stream, i.to_bytes(11, "big") + bytes([i + 1 == len(chunks)]), chunk)
        require(opened is not None, "its content is damaged")
        plain += opened
    return plain


def read_secret(path):
    """The secret of an identity file. One that a passphrase protects asks for it."""
    text = Path(path).read_text()
    begin, end = "-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----"
    if begin in text:
        sealed = base64.b64decode(text.split(begin)[1].split(end)[0])
        asked = getpass.getpass(f"Passphrase of {path}: ") if sys.stdin.isatty() else input()
        opened = age_decrypt(sealed, passphrase=asked.encode())
        require(opened is not None, "wrong passphrase")
        text = opened.decode()
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line.upper().startswith("AGE-SECRET-KEY-")]
    require(lines, f"{path}: not an identity file (AGE-SECRET-KEY-..)")
    return identity_secret(lines[0])


def times(a, b):
    """Multiplies in GF(2^8) modulo 0x11b."""
    product = 0
    for i in range(8):
        product ^= a << i if b >> i & 1 else 0
    for i in range(14, 7, -1):
        product ^= 0x11B << i - 8 if product >> i & 1 else 0
    return product


def power(a, n):
    return 1 if n == 0 else times(a, power(a, n - 1))


def combine(shares):
    """Combines Shamir shares, byte by byte, at x = 0."""
    needed = shares[0]["threshold"]
    require(len({share["set"] for share in shares}) == 1, "shares of several sets")
    points = {share["x"]: bytes.fromhex(share["share"]) for share in shares}
    require(len(points) >= needed, f"{len(points)} shares of {needed}")
    secret = bytes(32)
    points = dict(list(points.items())[:needed])
    for x, share in points.items():
        weight = 1
        for other in points.keys() - {x}:
            weight = times(weight, times(other, power(other ^ x, 254)))
        secret = bytes(a ^ times(weight, b) for a, b in zip(secret, share))
    return secret


def check(folder, secret):
    """Whether it is the secret of the manifest in this folder."""
    mac = (folder / "manifest.mac").read_text().strip()
    key = hkdf(secret, "stockade/set/v1", "manifest mac")
    found = hmac.digest(key, (folder / "manifest.json").read_bytes(), hashlib.sha256).hex()
    require(found == mac, "another set's secret, or a damaged manifest")


def keystore_password(secret):
    return hkdf(secret, "stockade/set/v1", "keystore password").hex()


def open_set(folder, identities):
    """The secret of the set, from as many identity files as it needs."""
    secrets, shares = [read_secret(path) for path in identities], []
    for file in sorted((folder / "seal").glob("*.age")):
        for opened in filter(None, (age_decrypt(file.read_bytes(), s) for s in secrets)):
            if file.name == "secret.age":
                return opened
            shares.append(json.loads(opened))
    require(shares, "these identities do not open this set (another wallet, or passphrase?)")
    return combine(shares)


def restore(folder, new, identities):
    """Copies the keystores to a new folder, with their password. Opens the first, to be sure."""
    secret = open_set(folder, identities)
    check(folder, secret)
    entries = json.loads((folder / "manifest.json").read_bytes())["keystores"]
    files = [(Path(e["file"]).name, (folder / e["file"]).read_bytes()) for e in entries]
    damaged = [
        entry["file"]
        for entry, (_, content) in zip(entries, files)
        if hashlib.sha256(content).hexdigest() != entry["sha256"]
    ]
    require(not damaged, f"damaged, take them from another copy: {' '.join(damaged)}")
    open_keystore(json.loads(files[0][1]), keystore_password(secret))
    os.umask(0o077)
    new.mkdir()
    for name, content in files:
        (new / name).write_bytes(content)
    (new / "password.txt").write_text(keystore_password(secret))
    print(f"{len(files)} keystores and password.txt are in {new}")


ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001


def hkdf_mod_r(ikm):
    salt, key = b"BLS-SIG-KEYGEN-SALT-", 0
    while key == 0:
        salt = hashlib.sha256(salt).digest()
        okm = expand(extract(salt, ikm + b"\0"), (48).to_bytes(2, "big"), 48)
        key = int.from_bytes(okm, "big") % ORDER
    return key


def child(key, index):
    """Derives a child key (EIP-2333)."""
    ikm, hashes = key.to_bytes(32, "big"), b""
    for half in (ikm, bytes(byte ^ 0xFF for byte in ikm)):
        lamport = expand(extract(index.to_bytes(4, "big"), half), b"", 32 * 255)
        for i in range(255):
            hashes += hashlib.sha256(lamport[32 * i : 32 * i + 32]).digest()
    return hkdf_mod_r(hashlib.sha256(hashes).digest())


def sbox(a):
    inverse, out = power(a, 254), 0x63
    for turn in range(5):
        out ^= (inverse << turn | inverse >> 8 - turn) & 0xFF
    return out


SBOX = [sbox(a) for a in range(256)]


def aes128(key, block):
    """Encrypts one block (FIPS 197)."""
    words = [list(key[i : i + 4]) for i in range(0, 16, 4)]
    constant = 1
    for i in range(4, 44):
        word = words[-1]
        if i % 4 == 0:
            word = [SBOX[byte] for byte in word[1:] + word[:1]]
            word[0] ^= constant
            constant = times(constant, 2)
        words.append([a ^ b for a, b in zip(words[i - 4], word)])
    keys = [sum(words[i : i + 4], []) for i in range(0, 44, 4)]
    s = [a ^ b for a, b in zip(block, keys[0])]
    for number in range(1, 11):
        s = [SBOX[s[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if number < 10:
            columns = [s[c : c + 4] * 2 for c in range(0, 16, 4)]
            s = [
                times(2, column[i]) ^ times(3, column[i + 1]) ^ column[i + 2] ^ column[i + 3]
                for column in columns
                for i in range(4)
            ]
        s = [a ^ b for a, b in zip(s, keys[number])]
    return bytes(s)


def open_keystore(keystore, password):
    """Opens a keystore (EIP-2335) that Stockade wrote."""
    kdf, proof, cipher = (keystore["crypto"][name] for name in ("kdf", "checksum", "cipher"))
    p, message = kdf["params"], bytes.fromhex(cipher["message"])
    salt = bytes.fromhex(p["salt"])
    key = hashlib.scrypt(
        password.encode(), salt=salt, n=p["n"], r=p["r"], p=p["p"], dklen=32, maxmem=2**29
    )
    found = hashlib.sha256(key[16:] + message).hexdigest()
    require(found == proof["message"], "wrong password, or a damaged keystore")
    start = int.from_bytes(bytes.fromhex(cipher["params"]["iv"]), "big")
    blocks = range((len(message) + 15) // 16)
    stream = b"".join(
        aes128(key[:16], ((start + i) % 2**128).to_bytes(16, "big")) for i in blocks
    )
    return bytes(a ^ b for a, b in zip(message, stream))


def wallet_answer():
    """A wallet's answer in hex, the last word on standard input."""
    words = sys.stdin.read().split()
    require(words, "no answer of a wallet on standard input")
    answer = words[-1]
    return bytes.fromhex(answer[2:] if answer.startswith("0x") else answer)


def main(command="", *arguments):
    files, given = [Path(argument) for argument in arguments], (command, len(arguments))
    if given == ("identity", 1):
        print(age_identity(device_secret(arguments[0], wallet_answer())))
    elif command == "restore" and len(arguments) > 2:
        restore(files[0], files[1], files[2:])
    elif given == ("decrypt", 2):
        opened = age_decrypt(files[1].read_bytes(), read_secret(files[0]))
        require(opened is not None, f"{files[0]} does not open {files[1]}")
        sys.stdout.buffer.write(opened)
    elif command == "combine" and arguments:
        sys.stdout.buffer.write(combine([json.loads(file.read_bytes()) for file in files]))
    elif given == ("check", 2):
        check(files[0], files[1].read_bytes())
        print("the secret is that of this manifest")
    elif given == ("password", 1):
        print(keystore_password(files[0].read_bytes()))
    elif given == ("files", 1):
        print(age_identity(hkdf(files[0].read_bytes(), "stockade/set/v1", "files identity")))
    elif given == ("open", 2):
        keystore = json.loads(files[0].read_bytes())
        print(open_keystore(keystore, files[1].read_text().strip()).hex())
    elif given == ("derive", 2):
        key = hkdf_mod_r(device_secret(arguments[0], wallet_answer()))
        for index in (12381, 3600, int(arguments[1]), 0, 0):
            key = child(key, index)
        print(key.to_bytes(32, "big").hex())
    else:
        sys.exit(USAGE)


main(*sys.argv[1:])
