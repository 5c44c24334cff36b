/** Table cells that several commands show. */
import { type FlipState, formatPorts } from '../domain/backends.ts';
import type { BackendAnswer, ServiceState } from '../history/answers.ts';
import type { Colour } from './output.ts';
import type { Cell } from './table.ts';

/** Colours only repeat what the words say. */
const COLOURS: Record<FlipState | ServiceState, Colour> = {
  ready: 'green',
  serving: 'cyan',
  notReady: 'red',
  terminating: 'yellow',
  absent: 'dim',
  ok: 'green',
  degraded: 'yellow',
  down: 'red',
  empty: 'dim',
  unknown: 'yellow',
};

export function stateCell(state: FlipState | ServiceState): Cell {
  return { text: state, colour: COLOURS[state] };
}

/** `http:8080/TCP,grpc:9090/TCP` */
export function portsText(ports: BackendAnswer['ports']): string {
  return formatPorts(ports.map(({ name, port, protocol }) => ({ name, port, protocol })));
}
