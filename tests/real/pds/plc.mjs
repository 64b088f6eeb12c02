// The register of Bluesky's names, in memory: node plc.mjs PORT.
import plc from "@did-plc/server";

const port = Number(process.argv[2]);
const server = plc.PlcServer.create({ db: plc.Database.mock(), port });
await server.start();
