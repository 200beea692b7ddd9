// Asks a Ledger on Speculos' TCP socket by @ledgerhq/hw-app-eth, and prints what it answers as JSON.
// Usage: node hw_app_eth.mjs HOST:PORT METHOD   (the method's arguments on standard input, as JSON)

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createConnection } from "node:net";

// Its modules for `import` name files without their endings, which Node does not find.
const require = createRequire(import.meta.url);
const { default: Eth } = require("@ledgerhq/hw-app-eth");
const { default: Transport } = require("@ledgerhq/hw-transport");

/** One command there, `length | command`, and one answer back, whose length leaves out the status. */
class SpeculosTransport extends Transport {
  constructor(socket) {
    super();
    this.socket = socket;
    this.received = Buffer.alloc(0);
    socket.on("data", (data) => {
      this.received = Buffer.concat([this.received, data]);
      this.deliver();
    });
    socket.on("error", (error) => this.reject?.(error));
  }

  deliver() {
    if (this.received.length < 4) return;
    const end = 4 + this.received.readUInt32BE(0) + 2;
    if (this.received.length < end) return;
    const answer = this.received.subarray(4, end);
    this.received = this.received.subarray(end);
    this.resolve(answer);
  }

  exchange(apdu) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(apdu.length);
    return new Promise((resolve, reject) => {
      Object.assign(this, { resolve, reject });
      this.socket.write(Buffer.concat([length, apdu]));
    });
  }

  setScrambleKey() {}

  async close() {
    this.socket.end();
  }
}

const [address, method] = process.argv.slice(2);
const [host, port] = [address.slice(0, address.lastIndexOf(":")), address.split(":").pop()];
const socket = createConnection({ host, port: Number(port) });
// Nothing is looked up on the network: the wallet is to show what it can by itself.
const offline = { nftExplorerBaseURL: null, pluginBaseURL: null, extraPlugins: null, cryptoassetsBaseURL: null, calServiceURL: null };
const transport = new SpeculosTransport(socket);
const eth = new Eth(transport, "w0w", offline);
try {
  const given = JSON.parse(readFileSync(0, "utf8"));
  console.log(JSON.stringify(await eth[method](...given)));
} catch (error) {
  console.log(JSON.stringify({ status: error.statusCode ?? null, error: String(error) }));
} finally {
  await transport.close();
}
