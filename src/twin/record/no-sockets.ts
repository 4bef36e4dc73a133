import { syncBuiltinESMExports } from "node:module";

/** Takes from this process, for good, the means to connect to anything or to listen: whoever tries gets an error. */
export function forbidSockets(): void {
  const refuse = (): never => {
    throw new Error("migrations are only read here: they may not connect to anything");
  };
  const { Socket, Server } = process.getBuiltinModule("node:net");
  const { Socket: Datagrams } = process.getBuiltinModule("node:dgram");
  Socket.prototype.connect = refuse;
  Server.prototype.listen = refuse;
  Datagrams.prototype.bind = refuse;
  Datagrams.prototype.send = refuse;
  syncBuiltinESMExports();
}
