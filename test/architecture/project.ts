/** The project's own files, and what each of them imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync, Visitor } from 'vite';

export const ROOT = join(import.meta.dirname, '../..');

/** Made by tools, or not ours. */
const SKIPPED = new Set(['node_modules', '.git', 'web/dist', 'coverage', 'bench/results']);

/** Every file below a folder, as paths from the root with `/`, sorted. `''` is the whole project. */
export function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      if (SKIPPED.has(path) || SKIPPED.has(entry.name)) return [];
      return entry.isDirectory() ? filesBelow(path) : [path];
    })
    .sort();
}

export const isSource = (path: string) => /\.tsx?$/.test(path);

export const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** The project's modules: those of the server and those of the page. */
export const modules = () => [...filesBelow('src'), ...filesBelow('web/src')].filter(isSource);

/** Stands for an import that the text does not tell. */
export const COMPUTED = '(computed)';

/**
 * Every module that a file names: `import`, `export … from`, `import()`, `import('…').Type`, `import.meta.resolve()` and
 * `new URL('…', import.meta.url)` of a module. A relative one comes as a path from the root,
 * one that only running the file would tell as {@link COMPUTED}.
 *
 * @throws Error for a file that does not parse
 */
export function importsOf(path: string, source = read(path)): string[] {
  const { program, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`);
  const found = new Set<string>();
  const add = (specifier: string) =>
    found.add(specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier.replace(/\?.*$/, '')) : specifier);
  new Visitor({
    ImportDeclaration: ({ source: from }) => void add(from.value),
    ExportAllDeclaration: ({ source: from }) => void add(from.value),
    ExportNamedDeclaration: ({ source: from }) => void (from && add(from.value)),
    TSImportType: ({ source: from }) => void add(from.value),
    ImportExpression: ({ source: from }) => void add(textOf(from)),
    CallExpression({ callee, arguments: [argument] }) {
      const isResolve =
        callee.type === 'MemberExpression' && isImportMeta(callee.object) && nameOf(callee.property) === 'resolve';
      if (isResolve && argument) add(textOf(argument));
    },
    NewExpression({ callee, arguments: [argument, base] }) {
      const isRelative =
        nameOf(callee) === 'URL' &&
        base?.type === 'MemberExpression' &&
        isImportMeta(base.object) &&
        nameOf(base.property) === 'url';
      const target = isRelative && argument && isModule(argument) ? textOf(argument) : undefined;
      if (target) add(target);
    },
  }).visit(program);
  return [...found].sort();
}

interface Node {
  readonly type: string;
}

/** The text of a literal; of a template its fixed beginning, which must at least name the package. */
function textOf(node: Node): string {
  if (node.type === 'Literal' && 'value' in node && typeof node.value === 'string') return node.value;
  if (node.type === 'TemplateLiteral' && 'quasis' in node) {
    const [first] = node.quasis as { value: { cooked: string } }[];
    const text = first?.value.cooked ?? '';
    if (/^[^./][^/]*\/|^@[^/]+\/[^/]+\//.test(text)) return text.replace(/\/$/, '');
  }
  return COMPUTED;
}

/** Whether a literal or a template ends as a module's name does: other addresses are of data. */
function isModule(node: Node): boolean {
  if (node.type === 'Literal') return 'value' in node && typeof node.value === 'string' && isSource(node.value);
  if (node.type !== 'TemplateLiteral' || !('quasis' in node)) return true;
  const last = (node.quasis as { value: { cooked: string } }[]).at(-1);
  return isSource(last?.value.cooked ?? '');
}

const isImportMeta = (node: Node) => node.type === 'MetaProperty';
const nameOf = (node: Node) => (node.type === 'Identifier' && 'name' in node ? node.name : undefined);

/** `hono` of `hono/compress`, `@hono/node-server` of `@hono/node-server/conninfo`. */
export function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}
