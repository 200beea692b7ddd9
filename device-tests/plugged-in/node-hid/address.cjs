// What is open on the Ledger that is plugged in, and the address at m/44'/60'/0'/0/0, by Ledger's own
// transport. The first argument is the folder with its node_modules.
const { createRequire } = require("node:module");
const load = createRequire(process.argv[2] + "/");
const { default: Transport } = load("@ledgerhq/hw-transport-node-hid-noevents");

(async () => {
  const devices = await Transport.list();
  console.log(`devices: ${devices.length}`);
  const transport = await Transport.open(devices[0]);
  const app = await transport.send(0xb0, 0x01, 0x00, 0x00);
  console.log(`app: ${app.subarray(2, 2 + app[1]).toString()}`);
  const path = Buffer.from("058000002c8000003c800000000000000000000000", "hex");
  const address = await transport.send(0xe0, 0x02, 0x00, 0x00, path);
  console.log(`address: 0x${address.subarray(67, 107).toString()}`);
  await transport.close();
})();
