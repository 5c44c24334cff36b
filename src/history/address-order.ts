/** The order of addresses in answers: IPv4 by number, then IPv6 by number, then anything else as text. */
import { type Backend, formatPorts } from '../domain/backends.ts';

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** Text that sorts as the address does. Addresses come from the cluster: whatever is no IP sorts last, as it is written. */
export function addressSortKey(address: string): string {
  const v4 = ipv4Hex(address);
  if (v4 !== undefined) return `4${v4}`;
  const v6 = ipv6Hex(address);
  return v6 !== undefined ? `6${v6}` : `9${address}`;
}

/** Sorts by address, then port set, then Pod uid: a total order on backends, the same for every answer. */
export function sortBackends<T>(items: readonly T[], backendOf: (item: T) => Backend): T[] {
  return items
    .map((item) => {
      const { address, ports, pod } = backendOf(item);
      return { item, keys: [addressSortKey(address), formatPorts(ports), pod?.uid ?? ''] };
    })
    .sort((a, b) => {
      const differing = a.keys.findIndex((key, index) => key !== b.keys[index]);
      return differing < 0 ? 0 : compareText(a.keys[differing] as string, b.keys[differing] as string);
    })
    .map(({ item }) => item);
}

/** By code unit, whatever the locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function ipv4Hex(address: string): string | undefined {
  const bytes = IPV4.exec(address)?.slice(1).map(Number);
  if (!bytes || bytes.some((byte) => byte > 255)) return undefined;
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function ipv6Hex(address: string): string | undefined {
  const [withoutZone = ''] = address.split('%', 1);
  const halves = withoutZone.split('::');
  if (halves.length > 2 || !withoutZone.includes(':')) return undefined;
  const [head, tail] = [groups(halves[0] ?? ''), groups(halves[1] ?? '')];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  return [...head, ...Array<string>(Math.max(0, missing)).fill('0000'), ...tail].join('');
}

/** The 16-bit groups of one half of an IPv6 address, four digits each; its last may be an IPv4 address. */
function groups(half: string): string[] | undefined {
  if (half === '') return [];
  const hex: string[] = [];
  for (const part of half.split(':')) {
    const v4 = ipv4Hex(part);
    if (v4 !== undefined) hex.push(v4.slice(0, 4), v4.slice(4));
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) hex.push(part.toLowerCase().padStart(4, '0'));
    else return undefined;
  }
  return hex;
}
