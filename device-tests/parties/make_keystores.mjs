// Derives keys by @chainsafe/bls-keygen (EIP-2333) and writes each as a keystore of
// @chainsafe/bls-keystore, DIR/keystore-<i>.json; prints their public keys, one a line.
// Usage: node make_keystores.mjs DIR SEED PATH..   (the password on standard input)

import { readFileSync, writeFileSync } from "node:fs";
import { deriveKeyFromEntropy } from "@chainsafe/bls-keygen";
import { Keystore } from "@chainsafe/bls-keystore";
import { bls12_381 } from "@noble/curves/bls12-381.js";

const password = readFileSync(0, "utf8");
const [folder, seed, ...paths] = process.argv.slice(2);
for (const [i, path] of paths.entries()) {
  const secret = deriveKeyFromEntropy(Buffer.from(seed, "hex"), path);
  const pubkey = bls12_381.longSignatures.getPublicKey(secret).toBytes(true);
  const keystore = await Keystore.create(password, secret, pubkey, path);
  writeFileSync(`${folder}/keystore-${i}.json`, keystore.stringify());
  console.log(Buffer.from(pubkey).toString("hex"));
}
