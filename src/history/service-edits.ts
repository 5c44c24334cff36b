/** What was changed at a Service that decides on its address list. Pure. */
import type { Version } from '../domain/causes/index.ts';
import { objectsOf, type Service, textOf } from '../domain/objects.ts';
import { type EpochMs, formatTime } from '../domain/time.ts';
import type { ServiceEditAnswer } from './answers.ts';

type Told = Pick<ServiceEditAnswer, 'what' | 'before' | 'after'>;

/**
 * The edits from `from` on. Other changes of the Service (its labels, its addresses) are none: they leave the list alone.
 *
 * @param versions oldest first: the one in force at `from`, and those after it
 */
export function serviceEdits(versions: readonly Version<Service>[], from: EpochMs): ServiceEditAnswer[] {
  return versions.flatMap((version, index) => {
    const { at, position, origin } = version;
    // A first snapshot shows what there is, not that it just came to be.
    if (at < from || origin === 'snapshot') return [];
    const when = { at: formatTime(at), position, origin };
    return editsBetween(versions[index - 1], version).map((told) => ({ ...when, ...told }));
  });
}

function editsBetween(before: Version<Service> | undefined, after: Version<Service>): Told[] {
  if (after.type === 'DELETED') return before?.type === 'DELETED' ? [] : [{ what: 'deleted' }];
  if (before === undefined || before.type === 'DELETED') return after.type === 'ADDED' ? [{ what: 'created' }] : [];
  const recreated: Told[] = before.uid === after.uid ? [] : [{ what: 'deleted' }, { what: 'created' }];
  const edits = ASPECTS.flatMap(([what, textOfAspect]): Told[] => {
    const [was, is] = [textOfAspect(before.object), textOfAspect(after.object)];
    return was === is ? [] : [{ what, before: was, after: is }];
  });
  return [...recreated, ...edits];
}

/** Each told as one canonical text, which is also what is shown. */
const ASPECTS: readonly (readonly [what: ServiceEditAnswer['what'], text: (service: Service) => string])[] = [
  ['selector', ({ spec }) => selectorText(spec?.selector)],
  ['ports', ({ spec }) => objectsOf(spec?.ports).map(portText).join(',') || 'none'],
  ['publishNotReadyAddresses', ({ spec }) => String(spec?.publishNotReadyAddresses === true)],
  ['type', ({ spec }) => textOf(spec?.type) ?? 'ClusterIP'],
];

function selectorText(selector: Readonly<Record<string, string>> | null | undefined): string {
  const entries = Object.entries(selector ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, value]) => `${key}=${value}`).join(',') || 'none';
}

/** `http:80→http/TCP`; the node port and the like do not decide on the list. */
function portText({ name, port, targetPort, protocol }: NonNullable<NonNullable<Service['spec']>['ports']>[number]): string {
  return `${name ? `${name}:` : ''}${port ?? ''}→${targetPort ?? port ?? ''}/${protocol ?? 'TCP'}`;
}
