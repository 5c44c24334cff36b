/**
 * Allowlists for JSON that came from a cluster: a {@link Keep} says what of a value is kept, and everything that it
 * does not name is left out. Types are checked as well as names, so a server cannot smuggle a structure in where a
 * word belongs. Keys come out in the order of the allowlist, so equal content gives equal bytes.
 */

/** The kept part of `value`; `undefined` when nothing of it is kept. */
export type Keep = (value: unknown) => unknown;

export const text: Keep = (value) => (typeof value === 'string' ? value : undefined);
export const number: Keep = (value) => (typeof value === 'number' ? value : undefined);
export const flag: Keep = (value) => (typeof value === 'boolean' ? value : undefined);

/** Kubernetes' IntOrString: a port by number or by name, a share in percent. */
export const numberOrText: Keep = (value) => (typeof value === 'number' || typeof value === 'string' ? value : undefined);

/** Keeps that the field is there, and nothing of what it says. */
export const presence: Keep = (value) => (isObject(value) ? {} : undefined);

/** The named fields of an object. An object of which nothing is kept stays as `{}`: that it is there is information. */
export function fields(allowed: Readonly<Record<string, Keep>>): Keep {
  const entries = Object.entries(allowed);
  return (value) => {
    if (!isObject(value)) return undefined;
    const kept: Record<string, unknown> = {};
    for (const [name, keep] of entries) {
      const part = keep(value[name]);
      if (part !== undefined) kept[name] = part;
    }
    return kept;
  };
}

/** Every item of an array, each reduced; items of which nothing is kept are left out. */
export function list(keep: Keep): Keep {
  return (value) => (Array.isArray(value) ? value.map(keep).filter((item) => item !== undefined) : undefined);
}

/** A map of words to words, such as labels, sorted by key. With `only`, just those keys. */
export function words(only?: readonly string[]): Keep {
  return (value) => {
    if (!isObject(value)) return undefined;
    const kept = Object.entries(value).filter(([key, word]) => typeof word === 'string' && (only?.includes(key) ?? true));
    // fromEntries defines own properties, so a label named __proto__ is a label and nothing else.
    return only && kept.length === 0 ? undefined : Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
