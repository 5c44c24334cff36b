/**
 * Knows what is on its way between a watcher and the fake API server, so that a test over real HTTP can wait until nothing
 * is, instead of waiting for some time. Each request carries a number in its query; both ends count its bytes.
 */
import type { ServerResponse } from 'node:http';
import type { Client } from '../../../src/kubernetes/client.ts';
import type { RequestOptions, Transport } from '../../../src/kubernetes/connection.ts';

const PARAMETER = 'flight';

interface Flight {
  readonly path: string;
  /** Of the client: it got the head; it gave up, or has read everything. */
  opened: boolean;
  over: boolean;
  read: number;
  /** Of the server: the request came; the head went out; the answer is whole or cut; the connection knows. */
  arrived: boolean;
  headSent: boolean;
  sent: number;
  ended: boolean;
  closed: boolean;
}

export class Traffic {
  readonly #flights = new Map<string, Flight>();
  #count = 0;
  /** Every transport of the present process. */
  #transports: Transport[] = [];

  /** The same client, counted. */
  client(client: Pick<Client, 'connect'>): Pick<Client, 'connect'> {
    return {
      connect: () => {
        const inner = client.connect();
        this.#transports.push(inner);
        return { request: (path, options) => this.#request(inner, path, options), close: () => inner.close() };
      },
    };
  }

  /** The process is gone, and with it its connections. */
  async cut(): Promise<void> {
    await Promise.all(this.#transports.splice(0).map((each) => each.close()));
  }

  /** Nothing is on its way: what the server sent was read and acted upon, and what was asked has arrived. */
  get quiet(): boolean {
    for (const [number, flight] of this.#flights) {
      if (flight.over && (flight.closed || !flight.arrived)) this.#flights.delete(number);
      else if (flight.over || !flight.arrived || flight.ended) return false;
      else if (flight.headSent !== flight.opened || flight.sent !== flight.read) return false;
    }
    return true;
  }

  get onTheWay(): string {
    return JSON.stringify([...this.#flights.values()]);
  }

  /** For the server: a request came. */
  readonly arrived = (query: URLSearchParams, response: ServerResponse): void => {
    const flight = this.#flights.get(query.get(PARAMETER) ?? '');
    if (!flight) return;
    flight.arrived = true;
    response.on('close', () => {
      flight.ended = true;
      flight.closed = true;
    });
    const { flushHeaders, write, end } = response;
    response.flushHeaders = () => {
      flight.headSent = true;
      flushHeaders.call(response);
    };
    const count = (chunk: unknown) => {
      flight.headSent = true;
      if (typeof chunk === 'string' || chunk instanceof Uint8Array) flight.sent += Buffer.byteLength(chunk);
    };
    response.write = ((chunk: unknown, ...rest: unknown[]) => {
      count(chunk);
      return (write as (...all: unknown[]) => boolean).call(response, chunk, ...rest);
    }) as typeof write;
    response.end = ((chunk: unknown, ...rest: unknown[]) => {
      count(chunk);
      flight.ended = true;
      return (end as (...all: unknown[]) => ServerResponse).call(response, chunk, ...rest);
    }) as typeof end;
  };

  async #request(inner: Transport, path: string, options: RequestOptions): Promise<AsyncIterable<Uint8Array>> {
    const number = String(++this.#count);
    const flight: Flight = {
      path,
      opened: false,
      over: false,
      read: 0,
      arrived: false,
      headSent: false,
      sent: 0,
      ended: false,
      closed: false,
    };
    this.#flights.set(number, flight);
    options.signal.addEventListener('abort', () => {
      flight.over = true;
    });
    try {
      const body = await inner.request(`${path}&${PARAMETER}=${number}`, options);
      flight.opened = true;
      return counted(body, flight);
    } catch (error) {
      flight.over = true;
      throw error;
    }
  }
}

async function* counted(body: AsyncIterable<Uint8Array>, flight: Flight): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      yield chunk;
      // Only now: whoever reads has acted upon it.
      flight.read += chunk.length;
    }
  } finally {
    flight.over = true;
  }
}
