// Bluesky's own personal data server: node pds.mjs, with its settings as one JSON document in $PDS_SETTINGS.
import { PDS, envToCfg, envToSecrets } from "@atproto/pds";

const { publicUrl, ...settings } = JSON.parse(process.env.PDS_SETTINGS);
const cfg = envToCfg(settings);
cfg.service.publicUrl = publicUrl; // what the account's DID document names: the way that clients are to take
const server = await PDS.create(cfg, envToSecrets(settings));
await server.start();
