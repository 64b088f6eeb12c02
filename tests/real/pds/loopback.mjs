// Lets no server listen but on this machine's loopback address: node --import ./loopback.mjs SCRIPT.
import net from "node:net";

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  return typeof port === "number"
    ? listen.call(this, { port, host: "127.0.0.1" }, ...rest)
    : listen.call(this, port, ...rest);
};
