/** The real program in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../../src/main.ts');
export const INCIDENT = join(import.meta.dirname, '../../fixtures/traces/incident-1.jsonl.zst');

/** Nothing of the machine's own clusters and settings. */
const ENV = { PATH: process.env.PATH, HOME: '/nonexistent', TMPDIR: process.env.TMPDIR };

export interface Program {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with the exit code once the process has ended and its output was read. */
  readonly ended: Promise<number | null>;
}

export function start(args: readonly string[], env: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...ENV, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk;
  });
  // The input may end before it is read.
  child.stdin.on('error', () => {});
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function flipbook(...args: readonly string[]): Promise<Result> {
  const program = start(args);
  program.child.stdin?.end();
  const code = await program.ended;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

/** The page's address, once a server has said it. */
export async function urlOf(program: Program): Promise<string> {
  let isOver = false;
  program.ended.then(() => {
    isOver = true;
  });
  while (true) {
    const url = /page\s+(http:\S+)\n/.exec(program.stdout())?.[1];
    if (url !== undefined) return url;
    if (isOver) throw new Error(`it ended without serving: ${program.stderr()}`);
    await Promise.race([once(program.child.stdout as NonNullable<ChildProcess['stdout']>, 'data'), program.ended]);
  }
}

export const get = (url: string, headers: Record<string, string> = {}) => fetch(url, { headers });

/** Asks again until the answer is as it should be. */
export async function until<T>(ask: () => Promise<T>, good: (answer: T) => boolean): Promise<T> {
  while (true) {
    const answer = await ask();
    if (good(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function temporaryFolder(): Promise<{ path: string; [Symbol.asyncDispose](): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'flipbook-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
