// Asks the simulated Trezor at 127.0.0.1:21324, which is where @trezor/connect looks for an emulator.
// Usage: node trezor_connect.cjs PACKAGE.JSON [SCREEN]  ([[method, parameters], ..] on standard input,
// as JSON). SCREEN is a file with what the wallet shows, for the code of a pairing.
// Prints the answers as a JSON list.

const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");

const { default: connect, DEVICE_EVENT, UI, UI_EVENT } = createRequire(process.argv[2])("@trezor/connect");

const answers = {
  [UI.REQUEST_CONFIRMATION]: { type: UI.RECEIVE_CONFIRMATION, payload: true },
  [UI.REQUEST_PASSPHRASE]: { type: UI.RECEIVE_PASSPHRASE, payload: { value: "", save: true } },
};
const screen = process.argv[3];

/** Types the code, once the wallet shows it. */
const pair = () => {
  const [, code] = readFileSync(screen, "utf8").match(/code: (\d{6})/) ?? [];
  if (!code) return setTimeout(pair, 50);
  const payload = { source: "code-entry", tag: code, value: code };
  connect.uiResponse({ type: UI.RECEIVE_THP_PAIRING_TAG, payload });
};

connect.on(UI_EVENT, ({ type }) => {
  if (answers[type]) connect.uiResponse(answers[type]);
  if (type === UI.REQUEST_THP_PAIRING) pair();
});

// A Safe 7 that is not paired is not chosen by itself.
const found = new Promise((resolve) =>
  connect.on(DEVICE_EVENT, ({ payload }) => payload?.path && resolve({ path: payload.path })),
);

(async () => {
  await connect.init({
    manifest: { email: "tests@example.org", appUrl: "http://localhost", appName: "Tests" },
    transports: ["UdpTransport"],
    pendingTransportEvent: true,
    transportReconnect: false,
    popup: false,
    lazyLoad: false,
    thp: { hostName: "here", appName: "Tests", staticKey: "007f".repeat(16), knownCredentials: [], pairingMethods: ["CodeEntry"] },
  });
  const device = await found;
  const given = [];
  for (const [method, parameters] of JSON.parse(readFileSync(0, "utf8"))) {
    given.push(await connect[method]({ device, ...parameters }));
  }
  process.stdout.write(JSON.stringify(given), () => process.exit(0));
})();
