import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * The address that a request comes from, as one client is counted: an IPv4 address, or the /64 network of an IPv6 one, which
 * is what a household is given. Of X-Forwarded-For only what the trusted proxies appended counts; the rest anybody can write.
 * @returns null where the socket is closed already
 */
export function clientAddress({ headers, socket }: IncomingMessage, trustedProxies: number): string | null {
  const hops = (trustedProxies > 0 ? String(headers['x-forwarded-for'] ?? '') : '').split(',');
  // from where the outermost trusted proxy wrote to the socket: of what is no address, the next that is one
  const trusted = [...hops.slice(Math.max(0, hops.length - trustedProxies)), socket.remoteAddress ?? ''].map(
    withoutPort,
  );
  const address = trusted.find((hop) => isIP(hop) !== 0);
  return address === undefined ? null : networkOf(address);
}

/** Some proxies write the port behind it: `192.0.2.1:50123`, `[2001:db8::1]:50123`. */
function withoutPort(hop: string): string {
  const text = hop.trim();
  return /^\[(.+)\](:\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
}

function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(address) === 4) return address;
  const [head = '', tail] = address.replace(/%.*$/, '').toLowerCase().split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const missing = tail === undefined ? 0 : Math.max(0, 8 - groups(head).length - groups(tail).length);
  const all = [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail ?? '')];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
