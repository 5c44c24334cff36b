import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DATA_FILES, LAYERS, type Layer, layerOf } from './layers.ts';
import { COMPUTED, importsOf, modules, packageOf, ROOT } from './project.ts';

/** Why a layer may not import something; `undefined` when it may. */
function objection(file: string, layer: Layer, specifier: string): string | undefined {
  if (specifier === COMPUTED) return 'what it imports must stand in the text';
  if (isBuiltin(specifier)) {
    if (!specifier.startsWith('node:')) return `${specifier} is to be written node:${specifier}`;
    const allowed = layer.builtins === 'any' || layer.builtins.includes(specifier);
    return allowed ? undefined : `${layer.path} may not import ${specifier}`;
  }
  const target = layerOf(specifier);
  if (target) {
    const allowed = target === layer || layer.imports.includes(target.path);
    return allowed ? undefined : `${layer.path} may not import ${target.path}`;
  }
  if (/^(src|web)\//.test(specifier)) return `${specifier} belongs to no layer`;
  if (existsSync(join(ROOT, specifier))) {
    return DATA_FILES[specifier]?.includes(file) ? undefined : `${file} may not import ${specifier}`;
  }
  return layer.packages.includes(packageOf(specifier))
    ? undefined
    : `${layer.path} may not import the package ${packageOf(specifier)}`;
}

describe('imports', () => {
  it.each(LAYERS.map((layer) => [layer.path, layer] as const))('of %s are those that the table allows', (_, layer) => {
    const files = modules().filter((file) => layerOf(file) === layer);
    expect(files, 'a row without files').not.toEqual([]);
    const objections = files.flatMap((file) =>
      importsOf(file).flatMap((specifier) => {
        const why = objection(file, layer, specifier);
        return why === undefined ? [] : [`${file} imports ${specifier}: ${why}`];
      }),
    );
    expect(objections).toEqual([]);
  });

  it('of every module are held by a row', () => {
    expect(modules().filter((file) => layerOf(file) === undefined)).toEqual([]);
  });

  it('that the table allows are needed', () => {
    const unused = LAYERS.flatMap((layer) => {
      const imported = modules()
        .filter((file) => layerOf(file) === layer)
        .flatMap((file) => importsOf(file));
      const rows = new Set(imported.map((specifier) => layerOf(specifier)?.path));
      const packages = new Set(imported.map(packageOf));
      const builtins = layer.builtins === 'any' ? [] : layer.builtins;
      return [
        ...layer.imports.filter((path) => !rows.has(path)),
        ...layer.packages.filter((name) => !packages.has(name)),
        ...builtins.filter((name) => !imported.includes(name)),
      ].map((what) => `${layer.path} no longer imports ${what}`);
    });
    expect(unused).toEqual([]);
  });

  it('go down only: a row names rows above it', () => {
    const upward = LAYERS.flatMap(({ path, imports }, index) =>
      imports
        .filter((each) => !LAYERS.slice(0, index).some((above) => above.path === each))
        .map((each) => `${path} names ${each}, which is no row above it`),
    );
    expect(upward).toEqual([]);
  });
});

describe('the reading of imports', () => {
  it('finds every way to name a module', () => {
    const source = `
      import './a.ts';
      import type { B } from '../b.ts';
      export * from './c.ts';
      export { d } from "./d.ts";
      export const e = await import('./e.ts');
      export type F = import('./f.ts').F;
      export const g = import.meta.resolve(\`some-package/\${name}\`);
      export const h = new Worker(new URL('./h.ts', import.meta.url));
      // import './comment.ts';
      export const text = "import './text.ts'";
      export const page = <a href="./jsx.ts">import './jsx.ts'</a>;
    `;
    expect(importsOf('src/x/y.tsx', source)).toEqual([
      'some-package',
      'src/b.ts',
      ...['a', 'c', 'd', 'e', 'f', 'h'].map((name) => `src/x/${name}.ts`),
    ]);
  });

  it('tells where an import cannot be read from the text', () => {
    for (const line of ['await import(name);', 'await import("./" + name);', 'new URL("./" + name, import.meta.url);']) {
      expect(importsOf('src/x.ts', line)).toEqual([COMPUTED]);
    }
    expect(importsOf('src/x.ts', 'new URL("./data.json", import.meta.url);')).toEqual([]);
  });
});

describe('the table', () => {
  it.each([
    ['src/domain/time.ts', 'node:fs'],
    ['src/domain/time.ts', 'src/store/event-store.ts'],
    ['src/domain/time.ts', 'zod'],
    ['src/http/contract.ts', 'src/domain/time.ts'],
    ['src/http/app.ts', 'src/store/sqlite/store.ts'],
    ['src/http/app.ts', 'src/store/event-store.ts'],
    ['src/history/history.ts', 'src/store/sqlite/store.ts'],
    ['src/history/history.ts', 'node:fs'],
    ['src/kubernetes/client.ts', 'src/recorder/recorder.ts'],
    ['src/recorder/recorder.ts', 'better-sqlite3'],
    ['src/recorder/recorder.ts', 'package.json'],
    ['src/cli/state.ts', 'src/store/sqlite/store.ts'],
    ['src/cli/state.ts', 'src/main.ts'],
    ['src/cli/state.ts', 'fs'],
    ['src/cli/state.ts', COMPUTED],
    ['web/src/ui/app.tsx', 'src/domain/time.ts'],
    ['web/src/ui/app.tsx', 'src/http/app.ts'],
    ['web/src/lib/view.ts', 'preact'],
  ])('does not let %s import %s', (file, specifier) => {
    expect(objection(file, layerOf(file) as Layer, specifier)).toBeDefined();
  });
});
