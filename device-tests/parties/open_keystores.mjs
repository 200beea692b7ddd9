// Opens keystores by @chainsafe/bls-keystore and prints each key's public key, one a line.
// Usage: node open_keystores.mjs [--secret] FILE..   (the password on standard input)
// With --secret it prints the secret keys instead: of keys that hold no money.

import { readFileSync } from "node:fs";
import { Keystore } from "@chainsafe/bls-keystore";
import { bls12_381 } from "@noble/curves/bls12-381.js";

const password = readFileSync(0, "utf8");
const files = process.argv.slice(2);
const wantsSecret = files[0] === "--secret";
if (wantsSecret) files.shift();
for (const file of files) {
  const secret = await Keystore.parse(readFileSync(file, "utf8")).decrypt(password);
  const key = bls12_381.longSignatures.getPublicKey(secret);
  console.log(Buffer.from(wantsSecret ? secret : key.toBytes(true)).toString("hex"));
}
