// Asks the simulated Trezor at 127.0.0.1:21324, which is where @trezor/connect looks for an emulator.
// Usage: node trezor_connect.cjs PACKAGE.JSON  ([[method, parameters], ..] on standard input, as JSON)
// Prints the answers as a JSON list.

const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");

const { default: connect, UI, UI_EVENT } = createRequire(process.argv[2])("@trezor/connect");

const answers = {
  [UI.REQUEST_CONFIRMATION]: { type: UI.RECEIVE_CONFIRMATION, payload: true },
  [UI.REQUEST_PASSPHRASE]: { type: UI.RECEIVE_PASSPHRASE, payload: { value: "", save: true } },
};
connect.on(UI_EVENT, ({ type }) => answers[type] && connect.uiResponse(answers[type]));

(async () => {
  await connect.init({
    manifest: { email: "tests@example.org", appUrl: "http://localhost", appName: "Tests" },
    transports: ["UdpTransport"],
    pendingTransportEvent: true,
    transportReconnect: false,
    popup: false,
    lazyLoad: false,
  });
  const given = [];
  for (const [method, parameters] of JSON.parse(readFileSync(0, "utf8"))) {
    given.push(await connect[method](parameters));
  }
  process.stdout.write(JSON.stringify(given), () => process.exit(0));
})();
