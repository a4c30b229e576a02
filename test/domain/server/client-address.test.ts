import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { clientAddress } from '../../../src/server/client-address.ts';

const from = (remoteAddress: string | undefined, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

describe('the address of a client', () => {
  test('is that of the socket, whatever a header says, where no proxy is trusted', () => {
    expect(clientAddress(from('203.0.113.7', '198.51.100.1'), 0)).toBe('203.0.113.7');
    expect(clientAddress(from(undefined), 0)).toBeNull();
  });

  test('behind proxies is what the outermost of them saw; what the client wrote itself does not count', () => {
    expect(clientAddress(from('10.0.0.1', '198.51.100.1'), 1)).toBe('198.51.100.1');
    expect(clientAddress(from('10.0.0.1', 'forged, 1.1.1.1, 198.51.100.1'), 1)).toBe('198.51.100.1');
    expect(clientAddress(from('10.0.0.1', '1.1.1.1, 198.51.100.1, 10.0.0.2'), 2)).toBe('198.51.100.1');
  });

  test.each([
    ['9.9.9.9, 198.51.100.1:50123', '198.51.100.1'],
    ['9.9.9.9, [2001:db8:1:2::9]:50123', '2001:db8:1:2::/64'],
    ['9.9.9.9, [2001:db8:1:2::9]', '2001:db8:1:2::/64'],
    // what a proxy wrote and nobody can read does not make what the client wrote count
    ['9.9.9.9, unknown', '10.0.0.1'],
    ['9.9.9.9,', '10.0.0.1'],
  ])('behind a proxy that wrote the end of "%s" is %s', (forwarded, address) => {
    expect(clientAddress(from('10.0.0.1', forwarded), 1)).toBe(address);
  });

  test('is the farthest that is known where there are fewer proxies than trusted ones', () => {
    expect(clientAddress(from('10.0.0.1'), 1)).toBe('10.0.0.1');
    expect(clientAddress(from('10.0.0.1', '198.51.100.1'), 5)).toBe('198.51.100.1');
  });

  test.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
  ])('of %s is counted as %s', (address, counted) => {
    expect(clientAddress(from(address), 0)).toBe(counted);
  });
});
