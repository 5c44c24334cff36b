import { isBuiltin } from 'node:module';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { LAYERS } from './layers.ts';
import { COMPUTED, filesBelow, importsOf, isSource, modules, packageOf, read } from './project.ts';

const PRODUCTION = Object.keys(packageJson.dependencies);
const DEVELOPMENT = Object.keys(packageJson.devDependencies);
const ALL = [...PRODUCTION, ...DEVELOPMENT];

/** What {@link packageOf} leaves of a path from the root. */
const PROJECT_FOLDER = /^(src|web|test|scripts|bench|docs|package\.json)$/;

const imported = (files: readonly string[]) => new Set(files.flatMap((file) => importsOf(file).map(packageOf)));
const server = modules().filter((file) => file.startsWith('src/'));

describe('a dependency', () => {
  it('of production is imported by the server', () => {
    const used = imported(server);
    expect(PRODUCTION.filter((name) => !used.has(name))).toEqual([]);
  });

  it('that the server imports is one of production', () => {
    const allowed = new Set(LAYERS.filter(({ path }) => path.startsWith('src/')).flatMap(({ packages }) => packages));
    expect([...allowed].filter((name) => !PRODUCTION.includes(name))).toEqual([]);
  });

  it('that anything else imports is in package.json', () => {
    const others = ['web/src', 'test', 'scripts', 'bench'].flatMap(filesBelow).filter(isSource);
    const packages = [...imported(others)].filter((name) => name !== COMPUTED && !isBuiltin(name) && !PROJECT_FOLDER.test(name));
    expect(packages.filter((name) => !ALL.includes(name))).toEqual([]);
  });

  it('has one exact version', () => {
    const versions = Object.values({
      ...packageJson.dependencies,
      ...packageJson.devDependencies,
      ...packageJson.optionalDependencies,
    });
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('of production is named in the README, with why it is there', () => {
    const section =
      read('README.md')
        .split(/^## /m)
        .find((each) => each.startsWith('Libraries')) ?? '';
    const rows = [...section.matchAll(/^\|(?<names>[^|]+)\|(?<why>[^|]+)\|$/gm)].map(({ groups }) => groups);
    const named = new Set(
      rows.flatMap((row) => [...(row?.names ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name as string)),
    );
    expect(PRODUCTION.filter((name) => !named.has(name))).toEqual([]);
    const optional = Object.keys(packageJson.optionalDependencies);
    expect(
      [...named].filter((name) => ![...ALL, ...optional].includes(name)),
      'no longer in package.json',
    ).toEqual([]);
  });
});
