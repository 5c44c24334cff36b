import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressSortKey, compareText, sortBackends } from '../../../src/history/address-order.ts';

const sorted = (addresses: string[]) => addresses.toSorted((a, b) => compareText(addressSortKey(a), addressSortKey(b)));

describe('the order of addresses', () => {
  test('IPv4 goes by number, then IPv6 by number, then anything else as text', () => {
    const inOrder = [
      '9.0.0.1',
      '10.0.0.2',
      '10.0.0.10',
      '100.0.0.1',
      '::1',
      '2001:db8::2',
      '2001:db8::10',
      '2001:db8:1::',
      'b',
      'host',
    ];
    expect(sorted(inOrder.toReversed())).toEqual(inOrder);
  });

  test('one IPv6 address has one key, however it is written', () => {
    const keys = ['2001:db8::1', '2001:0DB8:0:0:0:0:0:1', '2001:db8:0:0::1'].map(addressSortKey);
    expect(new Set(keys).size).toBe(1);
    expect(addressSortKey('::ffff:10.0.0.1')).toBe(addressSortKey('::ffff:a00:1'));
  });

  test.each(['1.2.3', '1.2.3.256', '1:2', '1::2::3', ':::', '1:2:3:4:5:6:7:8:9', 'g::1', ''])(
    '%j is not an IP and sorts as text',
    (text) => {
      expect(addressSortKey(text)).toBe(`9${text}`);
    },
  );

  test('property: IPv4 addresses sort as their numbers', () => {
    const bytes = fc.tuple(
      ...([0, 0, 0, 0].map(() => fc.nat(255)) as [
        fc.Arbitrary<number>,
        fc.Arbitrary<number>,
        fc.Arbitrary<number>,
        fc.Arbitrary<number>,
      ]),
    );
    const number = (address: string) => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
    fc.assert(
      fc.property(fc.array(bytes), (list) => {
        const addresses = list.map((each) => each.join('.'));
        expect(sorted(addresses)).toEqual(addresses.toSorted((a, b) => number(a) - number(b)));
      }),
    );
  });

  test('backends of one address go by port set, then by Pod', () => {
    const backend = (port: number, uid: string) => ({
      address: '10.0.0.1',
      ports: [{ name: '', port, protocol: 'TCP' }],
      pod: { name: 'p', uid },
    });
    const inOrder = [backend(80, 'b'), backend(81, 'a'), backend(81, 'c')];
    expect(sortBackends(inOrder.toReversed(), (each) => each)).toEqual(inOrder);
  });
});
