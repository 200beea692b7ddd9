// Makes a keystore by @chainsafe/bls-keystore, and prints it.
// Usage: node make_keystore.mjs   ({"seed", "path", "password", "kdf"} on standard input)

import { readFileSync } from "node:fs";
import { create, defaultPbkdfModule, defaultScryptModule } from "@chainsafe/bls-keystore";
import { deriveKeyFromEntropy } from "@chainsafe/bls-keygen";
import { bls12_381 } from "@noble/curves/bls12-381.js";

const { seed, path, password, kdf } = JSON.parse(readFileSync(0, "utf8"));
const secret = deriveKeyFromEntropy(Buffer.from(seed, "hex"), path);
const pubkey = bls12_381.longSignatures.getPublicKey(secret).toBytes(true);
const module = kdf === "pbkdf2" ? defaultPbkdfModule() : defaultScryptModule();
console.log(JSON.stringify(await create(password, secret, pubkey, path, null, module)));
