/** The WHERE of a statement that depends on what is asked for. */
export class Conditions {
  readonly #texts: string[] = [];
  /** In the order of their question marks. */
  readonly values: (string | number)[] = [];

  add(text: string, ...values: (string | number)[]): void {
    this.#texts.push(text);
    this.values.push(...values);
  }

  /** True of every row when nothing was added. */
  get text(): string {
    return this.#texts.length > 0 ? this.#texts.join(' AND ') : 'TRUE';
  }
}
