/** The HTTP server on its port, and its end. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Log } from '../domain/log.ts';
import type { App } from './app.ts';

export interface ServerOptions {
  readonly app: App;
  /** A name or an IP address, an IPv6 one without brackets. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly log: Log;
}

export interface HttpServer {
  readonly host: string;
  readonly port: number;
  /** To be opened by somebody on this machine: `http://127.0.0.1:8080`, also when it listens on every interface. */
  readonly url: string;
  /**
   * Takes no new connection, ends the live streams and lets what is being answered be answered; what is not done after
   * `withinMs` (default 5,000) is broken off. Calling it again waits for the same end.
   */
  close(withinMs?: number): Promise<void>;
}

/** The address cannot be listened on. `message` is for people. */
export class ListenError extends Error {
  override name = 'ListenError';
}

/** @throws ListenError */
export async function startServer({ app, host, port, log }: ServerOptions): Promise<HttpServer> {
  const server = createAdaptorServer({
    fetch: app.router.fetch,
    // The process keeps its own Request and Response; others use them too.
    overrideGlobalObjects: false,
  }) as Server;
  await listen(server, host, port);
  server.on('error', (error) => log.error({ err: error }, 'the HTTP server reports an error'));
  const { address, port: actualPort } = server.address() as AddressInfo;

  let ended: Promise<void> | undefined;
  return {
    host: address,
    port: actualPort,
    url: `http://${shownHost(host)}:${actualPort}`,
    close: (withinMs = 5_000) => {
      ended ??= stop(server, app, withinMs);
      return ended;
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(new ListenError(explain(error, host, port), { cause: error }));
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function stop(server: Server, app: App, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => server.closeAllConnections(), withinMs);
    // A connection whose last answer has just ended stays open for the next request, which will not be taken.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearTimeout(deadline);
      clearInterval(sweep);
      resolve();
    });
    app.endStreams();
  });
}

function explain({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  const where = `${shownHost(host)}:${port}`;
  if (code === 'EADDRINUSE') return `${where} is taken by another process: choose another port`;
  if (code === 'EACCES') return `not allowed to listen on ${where}: ports below 1024 need a privilege`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${host} is not an address of this machine`;
  return `cannot listen on ${where}: ${message}`;
}

function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
