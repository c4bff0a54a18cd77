import type { Found, Inventory } from "../inventory.ts";
import { plainAt, plainList, plainText } from "../plain.ts";

const PROTOCOL = /^(http|https|http2|grpc|grpc-web|tcp|tls|mongo|mysql|redis|udp)(-|$)/;

/** Without a protocol in the port's name or in appProtocol, Istio guesses it from the first bytes. */
export function checkKubernetesServices({ items }: Inventory): readonly Found[] {
  return items("Service").flatMap(({ ref, spec }) => {
    const isExternal = plainText(plainAt(spec, "type")) === "ExternalName";
    return plainList(plainAt(spec, "ports")).flatMap((port, index): Found[] => {
      const name = plainText(plainAt(port, "name"));
      const isUdp = plainText(plainAt(port, "protocol")) === "UDP";
      if (isUdp || PROTOCOL.test(name) || plainAt(port, "appProtocol") !== undefined) return [];
      const called = name === "" ? "has no name" : `is called ${name}`;
      const number = Number(plainAt(port, "port"));
      return [
        {
          code: isExternal ? "IST0150" : "IST0118",
          object: ref,
          field: `spec.ports[${index}]`,
          message: `the port ${number} ${called}, which does not say its protocol`,
          allowed: "http, http2, https, grpc, tcp, tls and the like, alone or before a -",
          fix: `write name: http${name === "" ? "" : `-${name}`}, or appProtocol: http`,
        },
      ];
    });
  });
}
