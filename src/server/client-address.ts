import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * The address that a request comes from, as one client is counted: an IPv4 address, or the /64 network of an IPv6 one, which
 * is what a household is given. Of X-Forwarded-For only what the trusted proxies appended counts; the rest anybody can write.
 * @returns null where the socket is closed already
 */
export function clientAddress({ headers, socket }: IncomingMessage, trustedProxies: number): string | null {
  const forwarded = trustedProxies > 0 ? String(headers['x-forwarded-for'] ?? '').split(',') : [];
  const hops = [...forwarded.map((hop) => hop.trim()), socket.remoteAddress ?? ''].filter((hop) => isIP(hop) !== 0);
  const address = hops.at(-1 - trustedProxies) ?? hops[0];
  return address === undefined ? null : networkOf(address);
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
