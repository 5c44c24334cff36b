/** Who wrote a version of an address list, by its field managers. */
import type { KubeObject, ManagedFieldsEntry } from '../objects.ts';

/**
 * The programs that keep address lists for Services with a selector, by the name under which they write: it is the name of
 * the binary (kubernetes apiserver pkg/endpoints/handlers/create.go managerOrUserAgent), which some distributions change.
 */
const CONTROLLERS: ReadonlySet<string> = new Set(['kube-controller-manager', 'k3s', 'kubelite', 'hyperkube', 'k0s', 'rke2']);

/**
 * The field managers that wrote this version and are no controller; none when a controller wrote it, or when it does not
 * show (times are whole seconds: a second write within one by the same manager looks like the first).
 *
 * @param before the version before; `undefined` for a new object
 */
export function editorsOf(before: KubeObject | undefined, after: KubeObject): string[] {
  const known = new Set((before?.metadata.managedFields ?? []).map(entryKey));
  const wrote = (after.metadata.managedFields ?? []).filter((entry) => !known.has(entryKey(entry)));
  if (wrote.some(({ manager }) => CONTROLLERS.has(manager ?? ''))) return [];
  const names = wrote.map(({ manager, operation }) => `${manager ?? ''}${operation === 'Apply' ? ' (server-side apply)' : ''}`);
  return [...new Set(names.filter((name) => name !== ''))].sort();
}

function entryKey({ manager, operation, subresource, time }: ManagedFieldsEntry): string {
  return `${manager} ${operation} ${subresource} ${time}`;
}
