/** The real server over a log, as `flipbook serve` runs it, in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

/** Headers of a request. */
export interface Wanted {
  readonly accept?: 'text/csv' | 'application/x-ndjson';
  readonly 'accept-encoding'?: 'gzip';
}

export interface BenchedServer extends AsyncDisposable {
  /** The answer as it comes. @throws Error for any status but 200 */
  get(path: string, headers?: Wanted): Promise<IncomingMessage>;
  /** Reads an answer whole. @returns its bytes on the wire */
  read(path: string, headers?: Wanted): Promise<Buffer>;
  residentBytes(): Promise<number>;
  /** What its threads have used so far. */
  processorMs(): Promise<number>;
}

export async function serve(log: string): Promise<BenchedServer> {
  const args = ['serve', '--db', log, '--listen', '127.0.0.1:0', '--log-level', 'error'];
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /http:\/\/\S+/.exec(line)?.[0];
      if (found) resolve(found);
    });
    exited.then(([code]) => reject(new Error(`the server ended with ${code}`)), reject);
  });
  const agent = new Agent({ keepAlive: true });
  const ask = (path: string, headers: Wanted = {}): Promise<IncomingMessage> =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const request = get(new URL(path, url), { agent, headers: { ...headers } }, (answer) => {
        if (answer.statusCode === 200) resolve(answer);
        else reject(new Error(`GET ${path} answers ${answer.statusCode}`));
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        // The server closes a connection that was idle for 5 s, as it may be while this process reads rows.
        if (request.reusedSocket && error.code === 'ECONNRESET') ask(path, headers).then(resolve, reject);
        else reject(error);
      });
    });
  const read = async (path: string, headers?: Wanted) => Buffer.concat(await Array.fromAsync(await ask(path, headers)));
  const metric = async (name: string) => {
    const text = (await read('/metrics')).toString();
    return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]);
  };
  return {
    get: ask,
    read,
    residentBytes: () => metric('process_resident_memory_bytes'),
    processorMs: async () => (await metric('process_cpu_seconds_total')) * 1_000,
    async [Symbol.asyncDispose]() {
      agent.destroy();
      child.kill('SIGTERM');
      await exited;
    },
  };
}
