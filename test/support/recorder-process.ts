/** The real program in a process of its own, to be watched, stopped and killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '../..');

/** A module to load before the program. */
export const preload = (name: string): string => pathToFileURL(join(import.meta.dirname, 'preload', name)).href;

export interface ProcessOptions {
  readonly env?: Record<string, string>;
  /** URLs of modules that are loaded before the program. */
  readonly preload?: readonly string[];
  /** Runs as another user; only root may ask for that. */
  readonly uid?: number;
  /** No file may grow beyond this many blocks of 512 bytes (a soft limit: `prlimit` lifts it). */
  readonly maxFileBlocks?: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Readiness {
  readonly status: number;
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

export class FlipbookProcess implements AsyncDisposable {
  readonly exited: Promise<Exit>;
  /** All of it so far. */
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  #waiting: (() => void)[] = [];
  #over = false;

  /** Runs `flipbook` with these arguments. */
  constructor(args: readonly string[], { env, preload: modules = [], uid, maxFileBlocks }: ProcessOptions = {}) {
    const program = [process.execPath, ...modules.flatMap((url) => ['--import', url]), join(ROOT, 'src/main.ts'), ...args];
    const limited = ['sh', '-c', 'ulimit -S -f "$0" && exec "$@"', String(maxFileBlocks), ...program];
    const [command = '', ...rest] = maxFileBlocks === undefined ? program : limited;
    this.#child = spawn(command, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Compiled once, not at every one of hundreds of starts.
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'flipbook-test-compile-cache'), ...env },
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    this.#child.stdout?.on('data', (data) => {
      this.stdout += data;
      this.#wake();
    });
    this.#child.stderr?.on('data', (data) => {
      this.stderr += data;
      this.#wake();
    });
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      // 'close': also all output has arrived.
      this.#child.once('close', (code, signal) => {
        this.#over = true;
        resolve({ code, signal });
        this.#wake();
      });
    });
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Where it serves, once it does. @throws when it ends before */
  async url(): Promise<string> {
    const banner = /^ {2}page {2}(\S+)$/m;
    await this.until(() => banner.test(this.stdout), 'the banner');
    return (banner.exec(this.stdout) as RegExpExecArray)[1] as string;
  }

  /** Resolves once the output satisfies the condition. @throws when the process ends before */
  async until(condition: () => boolean, what: string): Promise<void> {
    while (!condition()) {
      if (this.#over) throw new Error(`the process ended before ${what}: ${this.stderr}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async readiness(): Promise<Readiness> {
    const response = await fetch(`${await this.url()}/readyz`);
    return { status: response.status, ...((await response.json()) as { ready: boolean; reasons: string[] }) };
  }

  /** Sends a signal; nothing happens when the process is over. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async end(signal: NodeJS.Signals): Promise<Exit> {
    this.signal(signal);
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

export interface RecordOptions extends ProcessOptions {
  readonly kubeconfig: string;
  readonly db: string;
}

/** `flipbook record` on a free port. */
export function record({ kubeconfig, db, ...options }: RecordOptions): FlipbookProcess {
  return new FlipbookProcess(['record', '--kubeconfig', kubeconfig, '--db', db, '--listen', '127.0.0.1:0'], options);
}

/** The content of a kubeconfig whose only context is a server that asks nobody who they are. */
export function openKubeconfig(url: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'fake', cluster: { server: url } }],
    users: [],
    contexts: [{ name: 'fake', context: { cluster: 'fake' } }],
    'current-context': 'fake',
  });
}
