// Puts shares of keys together by npm bls-eth-wasm, herumi's library as ssv-keys has it.
// Usage: node bls_eth_wasm.cjs PACKAGE.JSON  (on standard input, a split a line: the threshold, the whole
// key, and `x:share` for each machine). Prints counts as JSON. The keys guard nothing.

const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");

const bls = createRequire(process.argv[2])("bls-eth-wasm");
const message = new Uint8Array(32).fill(7);

/** Every group of `size` of them. */
function groups(all, size) {
  if (size === 0) return [[]];
  if (all.length < size) return [];
  const [first, ...rest] = all;
  return [...groups(rest, size - 1).map((group) => [first, ...group]), ...groups(rest, size)];
}

/** What the group makes, of its own parts. */
function recovered(kind, group, part) {
  const whole = new kind();
  whole.recover(group.map(part), group.map(({ id }) => id));
  return whole;
}

(async () => {
  await bls.init(bls.BLS12_381);
  const counts = { splits: 0, groups: 0, keys: 0, signatures: 0, too_small: 0, keys_of_too_few: 0 };
  for (const line of readFileSync(0, "utf8").trim().split("\n")) {
    const [threshold, whole, ...shares] = line.split(" ");
    const key = bls.deserializeHexStrToSecretKey(whole).getPublicKey();
    const parts = shares.map((share) => {
      const [x, secret] = share.split(":");
      const id = new bls.Id();
      id.setInt(Number(x));
      return { id, secret: bls.deserializeHexStrToSecretKey(secret) };
    });
    counts.splits += 1;
    for (const group of groups(parts, Number(threshold))) {
      const secret = recovered(bls.SecretKey, group, (part) => part.secret);
      const signature = recovered(bls.Signature, group, (part) => part.secret.sign(message));
      counts.groups += 1;
      counts.keys += secret.serializeToHexStr() === whole;
      counts.signatures += key.verify(signature, message);
    }
    for (const group of groups(parts, Number(threshold) - 1)) {
      const secret = recovered(bls.SecretKey, group, (part) => part.secret);
      counts.too_small += 1;
      counts.keys_of_too_few += secret.serializeToHexStr() === whole;
    }
  }
  console.log(JSON.stringify(counts));
})();
