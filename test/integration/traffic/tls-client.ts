import { request } from "node:https";
import type { TLSSocket } from "node:tls";
import type { KeyPair } from "../../kit/certificates.ts";

/** An answer over TLS, with what was agreed on the way; or why there is none. */
export interface TlsAnswer {
  readonly status?: number;
  readonly body?: string;
  /** First of the names that the server's certificate is for. */
  readonly name?: string;
  readonly version?: string;
  /** Kind of the key in the server's certificate: "EC", or "RSA". */
  readonly key?: string;
  readonly cipher?: string;
  readonly failure?: string;
}

export interface TlsAsk {
  readonly port: number;
  readonly host: string;
  readonly ca: string;
  readonly client?: KeyPair;
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
  /** Signatures that it understands, by OpenSSL's names. */
  readonly sigalgs?: string;
  readonly ciphers?: string;
}

/** GET / of a host at a port of this machine, by a connection of its own. */
export async function askTls(ask: TlsAsk): Promise<TlsAnswer> {
  const { port, host, ca, client, headers = {}, maxVersion, sigalgs, ciphers } = ask;
  return await new Promise((resolve) => {
    const outgoing = request(
      {
        host: "127.0.0.1",
        port,
        path: "/",
        servername: host,
        headers: { host, ...headers },
        ca,
        // One certificate stands for several hosts here; which one came is in the answer.
        checkServerIdentity: () => undefined,
        agent: false,
        ...(client && { cert: client.certificate, key: client.privateKey }),
        ...(maxVersion && { maxVersion }),
        ...(sigalgs && { sigalgs }),
        ...(ciphers && { ciphers }),
      },
      (incoming) => {
        // An https request has a TLS socket.
        const socket = incoming.socket as TLSSocket;
        const certificate = socket.getPeerCertificate();
        const name = certificate.subjectaltname ?? "";
        const key = certificate.asn1Curve === undefined ? "RSA" : "EC";
        const cipher = socket.getCipher().name;
        const version = socket.getProtocol() ?? "";
        let body = "";
        incoming.on("data", (chunk: Buffer) => (body += chunk.toString()));
        incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, body, name, version, key, cipher }));
      },
    );
    outgoing.on("error", (error) => resolve({ failure: error.message }));
    outgoing.end();
  });
}
