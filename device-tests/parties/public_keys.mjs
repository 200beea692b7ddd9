// Makes public keys of secret ones by @noble/curves, one a line.
// Usage: node public_keys.mjs   (secret keys on standard input, in hex)

import { readFileSync } from "node:fs";
import { bls12_381 } from "@noble/curves/bls12-381.js";

for (const line of readFileSync(0, "utf8").split("\n")) {
  const key = bls12_381.longSignatures.getPublicKey(Buffer.from(line, "hex"));
  console.log(Buffer.from(key.toBytes(true)).toString("hex"));
}
