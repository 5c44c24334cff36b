import { describe, expect, it } from 'vitest';
import { filesBelow, isSource, read } from './project.ts';

const MOST_LINES = 400;

/** Longer files, each with the reason why it is one. */
const LONGER: Readonly<Record<string, string>> = {};

const linesOf = (path: string) => read(path).trimEnd().split('\n').length;

describe('every file', () => {
  const written = ['src', 'web/src', 'test', 'scripts', 'bench']
    .flatMap(filesBelow)
    .filter((path) => isSource(path) || /\.(css|sh)$/.test(path));

  it(`of code has fewer than ${MOST_LINES} lines, or a reason`, () => {
    const long = written.filter((path) => linesOf(path) >= MOST_LINES && !(path in LONGER));
    expect(long.map((path) => `${path}: ${linesOf(path)}`)).toEqual([]);
  });

  it('with such a reason still needs it', () => {
    expect(Object.keys(LONGER).filter((path) => !written.includes(path) || linesOf(path) < MOST_LINES)).toEqual([]);
  });

  it('has a name in kebab-case', () => {
    const names = written.map((path) => path.split('/').at(-1) as string);
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)+$/.test(name))).toEqual([]);
  });

  // Compressed fixtures are streams of a cluster, not written here.
  const texts = filesBelow('').filter((path) => !/\.(zst|db|db-wal|db-shm|db\.lock|png)$/.test(path));

  it('names no package or image registry: where to fetch from is the user’s setting', () => {
    const host = /\b(?:registry|npm)\.[a-z0-9-]+\.(?:com|org|io|dev|net|sh|cn)\b|\b(?:ghcr|quay|gcr|docker)\.io\b|"resolved"\s*:/;
    expect(texts.filter((path) => host.test(read(path)))).toEqual([]);
  });

  it('names no place on the machine that it was written on', () => {
    // A home, a Windows drive, or the folder that this checkout happens to stand in.
    const place = /(?:^|[\s'"`(=:])(?:\/home\/[a-z]|\/Users\/[a-z]|\/root\/|\/workspace\/|[A-Z]:\\)/im;
    const checkout = import.meta.dirname.replace(/\/test\/architecture$/, '');
    const naming = texts.filter((path) => place.test(read(path)) || read(path).includes(`${checkout}/`));
    expect(naming).toEqual([]);
  });
});
