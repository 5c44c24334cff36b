/** One random history, from its beginning to a log that is held to the truth. */
import fc from 'fast-check';
import type { ResourceName } from '../../../src/domain/resources.ts';
import type { AuditSummary } from './audit.ts';
import { type Command, command, play, streams } from './commands.ts';
import { World } from './world.ts';

export interface Story {
  readonly seed: number;
  readonly resources: ResourceName[];
  readonly commands: Command[];
}

export const story: fc.Arbitrary<Story> = fc.record({
  seed: fc.nat(),
  resources: streams,
  commands: fc.array(command, { minLength: 5, maxLength: 60, size: 'max' }),
});

export interface StorySummary extends AuditSummary {
  readonly kills: number;
  readonly commands: number;
}

/** Pages are tiny, so that lists have several; every other limit is the one of production. */
const SETTINGS = { pageSize: 2 };

/** @throws WrongLogError when the log is not what it must be */
export async function live({ seed, resources, commands }: Story): Promise<StorySummary> {
  const world = await World.open({ resources, seed, settings: SETTINGS });
  try {
    await world.start();
    for (const each of commands) await play(world, each);
    await world.catchUp();
    return { ...world.audit(), kills: world.kills, commands: commands.length };
  } finally {
    await world.close();
  }
}
