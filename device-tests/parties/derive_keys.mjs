// Derives keys by @chainsafe/bls-keygen (EIP-2333) and prints each public key, one a line.
// Usage: node derive_keys.mjs PATH..   (the seed in hex on standard input)

import { readFileSync } from "node:fs";
import { deriveKeyFromEntropy } from "@chainsafe/bls-keygen";
import { bls12_381 } from "@noble/curves/bls12-381.js";

const seed = Buffer.from(readFileSync(0, "utf8"), "hex");
for (const path of process.argv.slice(2)) {
  const key = bls12_381.longSignatures.getPublicKey(deriveKeyFromEntropy(seed, path));
  console.log(Buffer.from(key.toBytes(true)).toString("hex"));
}
