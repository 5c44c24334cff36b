/** The list of Services, as zod schemas: part of the contract. Imports zod and the contract only, because the page imports it too. */
import { z } from 'zod';
import { CoverageStatus, count, FlipState, Gap, position, ServiceName, Source, time } from './contract.ts';

export const ServiceState = z.enum(['ok', 'degraded', 'down', 'empty', 'unknown']).meta({
  id: 'ServiceState',
  description:
    'ok: all backends ready; degraded: some are not; down: there are backends and none is ready; empty: no backends; unknown: the recorder did not watch',
});

export const ServiceSummary = z
  .object({
    ...ServiceName.shape,
    source: Source.optional().meta({ description: 'Absent when no address list was ever seen' }),
    state: ServiceState,
    coverage: CoverageStatus,
    ready: count,
    notReady: count,
    terminating: count,
    lastFlip: z
      .object({
        at: time,
        address: z.string(),
        pod: z.string().optional(),
        from: FlipState,
        to: FlipState,
        cause: z.string().optional().meta({ description: 'Absent with `causes=false`' }),
      })
      .optional(),
  })
  .meta({ id: 'ServiceSummary' });

export const ServicesAnswer = z
  .object({
    at: time,
    asOf: position,
    coverage: CoverageStatus,
    gaps: z.array(Gap),
    items: z.array(ServiceSummary),
    nextCursor: z.string().optional(),
  })
  .meta({ id: 'ServicesAnswer' });

export type ServiceSummary = z.infer<typeof ServiceSummary>;
export type ServicesAnswer = z.infer<typeof ServicesAnswer>;
