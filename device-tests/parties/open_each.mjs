// Opens each keystore by @chainsafe/bls-keystore; prints a line for each: its secret key's public key, or
// why it was refused, after `no: `.
// Usage: node open_each.mjs FILE..   (the password on standard input)

import { readFileSync } from "node:fs";
import { Keystore } from "@chainsafe/bls-keystore";
import { bls12_381 } from "@noble/curves/bls12-381.js";

const password = readFileSync(0, "utf8");
for (const file of process.argv.slice(2)) {
  try {
    const secret = await Keystore.parse(readFileSync(file, "utf8")).decrypt(password);
    const key = bls12_381.longSignatures.getPublicKey(secret);
    console.log(Buffer.from(key.toBytes(true)).toString("hex"));
  } catch (error) {
    console.log(`no: ${String(error).replace(/\s+/g, " ").slice(0, 200)}`);
  }
}
