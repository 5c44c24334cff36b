/**
 * Migrations that some release carried, with the SHA-256 of their text. Logs out there were made by them: such a file never
 * changes again, a later one puts right what it got wrong.
 *
 * Before 1.0 nothing is released, so the list is empty and migrations may still be edited. The release of 1.0 puts every
 * migration here; each later release adds its own.
 */
export const RELEASED: Readonly<Record<string, string>> = {};
