import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { migrations } from '../../src/store/sqlite/migrate.ts';
import { RELEASED } from './released-migrations.ts';

describe('migrations', () => {
  const all = migrations();

  it('are numbered from 1 without holes', () => {
    expect(all.map(({ name }) => Number(name.slice(0, 4)))).toEqual(all.map((_, index) => index + 1));
  });

  it('that were released read as they did then', () => {
    const now = Object.fromEntries(all.filter(({ name }) => name in RELEASED).map(({ name, checksum }) => [name, checksum]));
    expect(now).toEqual(RELEASED);
  });

  it('come after the released ones, never between them', () => {
    const first = all.findIndex(({ name }) => !(name in RELEASED));
    expect(all.slice(first < 0 ? all.length : first).filter(({ name }) => name in RELEASED)).toEqual([]);
  });

  it('are listed as released from 1.0 on', () => {
    const isReleased = Number(packageJson.version.split('.')[0]) >= 1;
    expect(Object.keys(RELEASED).length > 0).toBe(isReleased);
  });
});
