// Asks a Ledger on Speculos' REST interface by Ledger's device management kit.
// Usage: node ledger_dmk.cjs PACKAGE.JSON URL  ([[method, arguments..], ..] on standard input, as JSON)
// Prints a list of {output} or {error}, as JSON. Texts that begin with hex: are bytes.

const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");

const [packageJson, url] = process.argv.slice(2);
const load = createRequire(packageJson);
const { DeviceActionStatus, DeviceManagementKitBuilder } = load("@ledgerhq/device-management-kit");
const { SignerEthBuilder } = load("@ledgerhq/device-signer-kit-ethereum");
const { speculosTransportFactory } = load("@ledgerhq/device-transport-kit-speculos");
const { firstValueFrom } = load("rxjs");

const parameter = (given) =>
  typeof given === "string" && given.startsWith("hex:") ? Uint8Array.from(Buffer.from(given.slice(4), "hex")) : given;

const last = ({ observable }) =>
  new Promise((resolve, reject) =>
    observable.subscribe({
      next: ({ status, output, error }) => {
        if (status === DeviceActionStatus.Completed) resolve({ output });
        if (status === DeviceActionStatus.Error) resolve({ error: { ...error, message: error.message } });
      },
      error: reject,
    }),
  );

(async () => {
  const dmk = new DeviceManagementKitBuilder().addTransport(speculosTransportFactory(url, true, "nanoSP")).build();
  const device = await firstValueFrom(dmk.startDiscovering({}));
  const sessionId = await dmk.connect({ device, sessionRefresherOptions: { isRefresherDisabled: true } });
  const signer = new SignerEthBuilder({ dmk, sessionId, originToken: "tests" }).build();
  const given = [];
  for (const [method, ...parameters] of JSON.parse(readFileSync(0, "utf8"))) {
    given.push(await last(signer[method](...parameters.map(parameter))));
  }
  const text = JSON.stringify(given, (_, value) => (typeof value === "bigint" ? value.toString() : value));
  process.stdout.write(text, () => process.exit(0));
})();
