import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Config,
  describeSetting,
  formatListenAddress,
  InvalidSettingError,
  readConfig,
  type SettingName,
} from '../../../src/config.ts';

const failure = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidSettingError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
};

describe('settings', () => {
  it('have the documented defaults', () => {
    expect(readConfig({}, {})).toEqual({
      db: './flipbook.db',
      listen: { host: '127.0.0.1', port: 8080 },
      namespace: [],
      logLevel: 'info',
    });
  });

  it('take a flag before a variable, a variable before a command’s default, and that before the common one', () => {
    const env = { FLIPBOOK_DB: '/data/env.db', FLIPBOOK_CLUSTER: 'env' };
    const defaults = { db: 'demo.db', cluster: 'demo', logLevel: 'warn' };
    expect(readConfig({ db: 'flag.db' }, env, defaults)).toMatchObject({ db: 'flag.db', cluster: 'env', logLevel: 'warn' });
    expect(readConfig({}, env, defaults).db).toBe('/data/env.db');
    expect(readConfig({}, {}, defaults).db).toBe('demo.db');
  });

  it('take an empty variable as not set', () => {
    expect(readConfig({}, { FLIPBOOK_DB: '', FLIPBOOK_LISTEN: '  ' })).toEqual(readConfig({}, {}));
  });

  it('read several namespaces from repeated flags and from commas, each once', () => {
    expect(readConfig({ namespace: ['store', 'shop,store'] }, {}).namespace).toEqual(['store', 'shop']);
    expect(readConfig({}, { FLIPBOOK_NAMESPACE: 'store, shop' }).namespace).toEqual(['store', 'shop']);
  });

  it('each have a flag, a FLIPBOOK_ variable of the same name and a description', () => {
    for (const name of Object.keys(Config.shape) as SettingName[]) {
      const { flag, variable, description } = describeSetting(name);
      const long = flag.split(' ')[0] as string;
      expect(variable).toBe(`FLIPBOOK_${long.slice(2).replace('-', '_').toUpperCase()}`);
      expect(description).not.toBe('');
    }
  });
});

describe('a listen address', () => {
  it.each([
    ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
    ['[::1]:8080', { host: '::1', port: 8080 }],
    ['[::]:0', { host: '::', port: 0 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    [' 0.0.0.0:65535 ', { host: '0.0.0.0', port: 65535 }],
  ])('%j is understood', (text, address) => {
    expect(readConfig({ listen: text }, {}).listen).toEqual(address);
  });

  it.each([
    ['8080', 'write 127.0.0.1:8080'],
    [':8080', 'no host'],
    ['localhost', 'write HOST:PORT'],
    ['::1:8080', 'in brackets'],
    ['[::1]', 'write HOST:PORT'],
    ['[localhost]:80', 'not an IPv6 address'],
    ['127.0.0.1:65536', 'at most 65535'],
    ['127.0.0.1:-1', 'write HOST:PORT'],
    ['http://127.0.0.1:8080', 'in brackets'],
    ['', 'write HOST:PORT'],
  ])('%j is refused with a hint', (text, hint) => {
    expect(failure(() => readConfig({ listen: text }, {}))).toContain(hint);
  });

  it('reads back what it writes, for every host and port', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(host, fc.nat(65_535), (host, port) => {
        expect(readConfig({ listen: formatListenAddress({ host, port }) }, {}).listen).toEqual({ host, port });
      }),
    );
  });
});

describe('a setting that cannot be used', () => {
  it('is named by its flag when the flag gave it, by its variable when the variable did', () => {
    expect(failure(() => readConfig({ listen: '8080' }, { FLIPBOOK_LISTEN: '[::1]:80' }))).toMatch(/^--listen "8080": /);
    expect(failure(() => readConfig({}, { FLIPBOOK_LISTEN: '8080' }))).toMatch(/^FLIPBOOK_LISTEN "8080": /);
    expect(failure(() => readConfig({}, { FLIPBOOK_LOG_LEVEL: 'loud' }))).toMatch(/^FLIPBOOK_LOG_LEVEL "loud": .*trace, debug/);
    expect(failure(() => readConfig({ namespace: ['store', 'Sto re'] }, {}))).toMatch(/^--namespace "Sto re": /);
    expect(failure(() => readConfig({ cluster: 'a\u001b[2J' }, {}))).toMatch(/^--cluster "a\\u001b\[2J": .*control/);
    expect(failure(() => readConfig({ db: ':memory:' }, {}))).toMatch(/^--db ":memory:": /);
    expect(failure(() => readConfig({ db: '' }, {}))).toMatch(/^--db "": .*empty/);
  });
});

describe('ages and sizes', () => {
  const MIB = 1 << 20;
  it.each([
    ['--retain', { retain: '90d' }, { retain: 90 * 86_400_000 }],
    ['--retain in several units', { retain: '1d12h' }, { retain: 36 * 3_600_000 }],
    ['--max-size in binary units', { maxSize: '10GiB' }, { maxSize: 10_240 * MIB }],
    ['--max-size in decimal units', { maxSize: '1.5 GB' }, { maxSize: 1_500_000_000 }],
    ['a unit alone, as if with an i', { maxSize: '64m' }, { maxSize: 64 * MIB }],
    ['plain bytes', { minFree: '1048576' }, { minFree: MIB }],
    ['--min-free turned off', { minFree: '0' }, { minFree: 0 }],
  ])('%s', (_, flags, expected) => {
    expect(readConfig(flags, {})).toMatchObject(expected);
  });

  it.each([
    [{ retain: '59m' }, /at least 1h/],
    [{ retain: '90' }, /not an age/],
    [{ retain: '-5d' }, /not an age/],
    [{ maxSize: '1kB' }, /at least 1MiB/],
    [{ maxSize: '10 apples' }, /not a size/],
    [{ minFree: '-1' }, /not a size/],
    [{ minFree: '9999999TB' }, /not a size/],
  ])('%j is refused', (flags, says) => {
    expect(failure(() => readConfig(flags, {}))).toMatch(says);
  });
});
