// Opens keystores by @chainsafe/bls-keystore and prints each key's public key, one a line.
// Usage: node open_keystores.mjs FILE..   (the password on standard input)

import { readFileSync } from "node:fs";
import { Keystore } from "@chainsafe/bls-keystore";
import { bls12_381 } from "@noble/curves/bls12-381.js";

const password = readFileSync(0, "utf8");
for (const file of process.argv.slice(2)) {
  const secret = await Keystore.parse(readFileSync(file, "utf8")).decrypt(password);
  const key = bls12_381.longSignatures.getPublicKey(secret);
  console.log(Buffer.from(key.toBytes(true)).toString("hex"));
}
