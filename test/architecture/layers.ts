/**
 * Who may import whom. A file belongs to the row with the longest path that it starts with; it may import files of its own
 * row and of the rows that `imports` names, and the packages and built-in modules named. Rows stand bottom up: a row names
 * only rows above it in this list, so imports go down only.
 */
export interface Layer {
  /** A folder (ending in `/`) or one file. */
  readonly path: string;
  readonly imports: readonly string[];
  /** Names of packages; a name also allows what the package exports under it (`hono` allows `hono/compress`). */
  readonly packages: readonly string[];
  /** Built-in modules of Node. `any`: the layer does I/O. */
  readonly builtins: 'any' | readonly string[];
}

const NONE = [] as const;

/** The contract with all its parts: what the page knows of the server. */
const CONTRACT = ['src/http/contract.ts', 'src/http/contract-services.ts', 'src/http/contract-timeline.ts'];

export const LAYERS: readonly Layer[] = [
  // The vocabulary. No I/O, no packages: it must be readable and testable without anything else.
  { path: 'src/domain/', imports: NONE, packages: NONE, builtins: NONE },
  { path: 'src/config.ts', imports: ['src/domain/'], packages: ['zod'], builtins: NONE },

  // The page imports the contract too, so it may carry nothing of the server.
  { path: 'src/http/contract.ts', imports: NONE, packages: ['zod'], builtins: NONE },
  { path: 'src/http/contract-services.ts', imports: ['src/http/contract.ts'], packages: ['zod'], builtins: NONE },
  { path: 'src/http/contract-timeline.ts', imports: ['src/http/contract.ts'], packages: ['zod'], builtins: NONE },

  // The port knows no engine; an engine knows the port, and nobody but a composition root knows the engine.
  { path: 'src/store/log-errors.ts', imports: NONE, packages: NONE, builtins: NONE },
  { path: 'src/store/log-space.ts', imports: ['src/domain/'], packages: NONE, builtins: NONE },
  {
    path: 'src/store/event-store.ts',
    imports: ['src/domain/', 'src/store/log-errors.ts', 'src/store/log-space.ts'],
    packages: NONE,
    builtins: NONE,
  },
  {
    path: 'src/store/sqlite/',
    imports: ['src/domain/', 'src/store/event-store.ts', 'src/store/log-space.ts'],
    packages: ['better-sqlite3', 'lru-cache'],
    builtins: 'any',
  },

  // The only layer that talks to a cluster.
  {
    path: 'src/kubernetes/',
    imports: ['src/domain/'],
    packages: ['@kubernetes/client-node', 'undici', 'yaml'],
    builtins: 'any',
  },

  // Writes through the port: what a cluster tells, and what a trace did. Built-ins are for trace files, and for waiting.
  {
    path: 'src/recorder/',
    imports: ['src/domain/', 'src/kubernetes/', 'src/store/event-store.ts', 'src/store/log-space.ts'],
    packages: ['lru-cache'],
    builtins: ['node:fs/promises', 'node:stream', 'node:timers/promises', 'node:zlib'],
  },

  // Pure functions over reads, and the threads that they run in.
  {
    path: 'src/history/',
    imports: ['src/domain/', 'src/store/event-store.ts'],
    packages: ['lru-cache'],
    builtins: ['node:worker_threads'],
  },

  {
    path: 'src/http/',
    imports: ['src/domain/', 'src/history/', ...CONTRACT],
    packages: ['@hono/node-server', '@hono/zod-openapi', 'hono', 'prom-client', 'swagger-ui-dist', 'zod'],
    builtins: 'any',
  },

  // An API server and controllers of its own; the recorder meets it over HTTP like any other cluster.
  { path: 'src/demo/', imports: ['src/domain/'], packages: NONE, builtins: 'any' },

  {
    path: 'src/cli/',
    imports: ['src/config.ts', 'src/domain/', 'src/history/', 'src/recorder/', 'src/store/event-store.ts'],
    packages: ['cli-progress', 'commander', 'prom-client', 'yaml'],
    builtins: 'any',
  },

  // The composition roots: the process, and the threads that it starts.
  {
    path: 'src/reader-thread.ts',
    imports: ['src/history/', 'src/store/sqlite/'],
    packages: NONE,
    builtins: ['node:worker_threads'],
  },
  {
    path: 'src/main.ts',
    imports: [
      'src/cli/',
      'src/config.ts',
      'src/demo/',
      'src/domain/',
      'src/history/',
      'src/http/',
      'src/kubernetes/',
      'src/reader-thread.ts',
      'src/recorder/',
      'src/store/sqlite/',
    ],
    packages: ['pino'],
    builtins: 'any',
  },

  // The page. Of the server it knows the contract alone. `lib` is pure and free of the DOM.
  { path: 'web/src/lib/', imports: ['src/http/contract.ts', 'src/http/contract-timeline.ts'], packages: NONE, builtins: NONE },
  {
    path: 'web/src/state/',
    imports: [...CONTRACT, 'web/src/lib/'],
    packages: ['@preact/signals'],
    builtins: NONE,
  },
  { path: 'web/src/plot/', imports: ['web/src/lib/'], packages: ['chart.js'], builtins: NONE },
  {
    path: 'web/src/ui/',
    imports: ['src/http/contract.ts', 'src/http/contract-services.ts', 'web/src/lib/', 'web/src/state/', 'web/src/plot/'],
    packages: ['preact', '@preact/signals'],
    builtins: NONE,
  },
  { path: 'web/src/main.tsx', imports: ['web/src/state/', 'web/src/ui/'], packages: ['preact'], builtins: NONE },
];

/** Files that belong to no layer, imported by a composition root: the version stands there. */
export const DATA_FILES: Readonly<Record<string, readonly string[]>> = { 'package.json': ['src/main.ts'] };

/** The row that a file belongs to. */
export function layerOf(file: string): Layer | undefined {
  return LAYERS.filter(({ path }) => (path.endsWith('/') ? file.startsWith(path) : file === path)).sort(
    (a, b) => b.path.length - a.path.length,
  )[0];
}
